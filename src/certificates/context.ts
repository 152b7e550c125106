import { constants } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Presented } from '../domain/ports/certificates.ts';
import { BadPair, namesOf } from './pair.ts';
import type { ReadPair } from './pair.ts';
import type { TicketKeys } from './ticket-keys.ts';

/**
 * Forward secret and authenticated ones only, and AES-128 first: a gateway spends its time encrypting, and nobody breaks it.
 * Every client with TLS 1.2 from the last ten years has one of them (Java 8, OpenSSL 1.0.2, Windows 10).
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].flatMap((cipher) => [`ECDHE-ECDSA-${cipher}`, `ECDHE-RSA-${cipher}`]),
].join(':');

/** @throws BadPair that TLS cannot use, such as a key that is too short */
export function present(pair: ReadPair, ticketKeys: TicketKeys): Presented {
  const keys = ticketKeys(pair.leaf.fingerprint256);
  try {
    return {
      context: createSecureContext({
        key: pair.key,
        cert: pair.certificate,
        minVersion: 'TLSv1.2',
        ciphers: CIPHERS,
        honorCipherOrder: true,
        // A client of TLS 1.2 that asks again and again for new keys would keep a processor busy; none needs it.
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
        sessionIdContext: 'dbmaker', // the same in all gateways, or they would not take each other's sessions
        ...(keys && { ticketKeys: keys }),
      }),
      notAfter: pair.leaf.validToDate.getTime(),
      names: namesOf(pair.leaf),
    };
  } catch (error) {
    throw new BadPair('certificate', `is refused by TLS: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
