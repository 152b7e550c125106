import { CANCEL_REQUEST } from './cancel-request.ts';

/**
 * The first packet of a client of PostgreSQL, before anything is agreed on:
 *   int32 length (itself included) | int32 code | rest
 *   code 80877103 SSLRequest, 80877104 GSSENCRequest: no rest
 *   code 80877102 CancelRequest: int32 process id | key (4 bytes in protocol 3.0, up to 256 in 3.2)
 *   code major << 16 | minor: startup, (name 0 value 0)* 0
 * or a TLS record (first byte 22) where TLS is spoken directly.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html; limits as in src/backend/tcop/backend_startup.c, which is stricter
 * nowhere: it overlooks a rest behind a request for encryption, and one byte in the place of the last zero.
 */
export type Preamble =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'tls' }
  | { readonly kind: 'ssl-request'; readonly size: number }
  | { readonly kind: 'gss-request'; readonly size: number }
  | { readonly kind: 'cancel-request'; readonly processId: number; readonly key: Buffer; readonly size: number }
  /**
   * Names and values as latin1, so that they can be written again byte by byte whatever their encoding was (to show one:
   * `Buffer.from(value, 'latin1').toString()`). Of a name that comes twice the last value counts, as for PostgreSQL. Empty for a major
   * version other than 3, of whose packet nothing is known.
   */
  | { readonly kind: 'startup'; readonly version: Version; readonly parameters: ReadonlyMap<string, string>; readonly size: number }
  | { readonly kind: 'invalid'; readonly problem: string };

export interface Version {
  readonly major: number;
  readonly minor: number;
}

/** MAX_STARTUP_PACKET_LENGTH; there the four bytes of the length come on top. */
const MAX_BYTES = 10_000;
const HEAD_BYTES = 8;
const TLS_HANDSHAKE = 22;
const SSL = 80877103;
const GSS = 80877104;
/** docs, BackendKeyData: 4 in protocol 3.0; in 3.2 a server may choose. */
export const MIN_KEY_BYTES = 4;
export const MAX_KEY_BYTES = 256;
const KEY_AT = HEAD_BYTES + 4;

const INCOMPLETE: Preamble = { kind: 'incomplete' };

/**
 * Reads the packet at the beginning of what was received; bytes behind it are left alone. Never throws. What cannot become a packet is
 * refused with the byte that says so, and nothing is scanned before the packet is whole. A key is a copy.
 */
export function readPreamble(bytes: Buffer): Preamble {
  if (bytes.length === 0) return INCOMPLETE;
  if (bytes[0] === TLS_HANDSHAKE) return { kind: 'tls' };
  if (bytes[0] !== 0) return notPostgresql(bytes[0] ?? 0); // a length up to 10,000 begins with two zero bytes
  if (bytes.length < 4) return INCOMPLETE;
  const size = bytes.readUInt32BE(0);
  if (size < HEAD_BYTES) return notPostgresql(0);
  if (size > MAX_BYTES) return invalid(`The first packet says that it is ${String(size)} bytes long; ${String(MAX_BYTES)} are allowed.`);
  if (bytes.length < HEAD_BYTES) return INCOMPLETE;
  const code = bytes.readUInt32BE(4);
  if (code === CANCEL_REQUEST && (size < KEY_AT + MIN_KEY_BYTES || size > KEY_AT + MAX_KEY_BYTES)) return invalid('The cancel request has the wrong length.');
  if ((code === SSL || code === GSS) && size !== HEAD_BYTES) return invalid('The request for encryption has the wrong length.');
  if (bytes.length < size) return INCOMPLETE;
  if (code === SSL) return { kind: 'ssl-request', size };
  if (code === GSS) return { kind: 'gss-request', size };
  if (code === CANCEL_REQUEST) return { kind: 'cancel-request', processId: bytes.readInt32BE(HEAD_BYTES), key: Buffer.from(bytes.subarray(KEY_AT, size)), size };
  const version = { major: code >>> 16, minor: code & 0xffff };
  if (version.major !== 3) return { kind: 'startup', version, parameters: new Map(), size };
  const parameters = readParameters(bytes.toString('latin1', HEAD_BYTES, size));
  return parameters === null ? invalid('The startup packet is not well-formed.') : { kind: 'startup', version, parameters, size };
}

/** null: not pairs of texts with a zero byte behind each, and one more at the end. */
function readParameters(text: string): Map<string, string> | null {
  const parts = text.split('\0');
  if (parts.length < 2 || parts.at(-1) !== '' || parts.at(-2) !== '') return null;
  const texts = parts.slice(0, -2);
  if (texts.length % 2 !== 0) return null;
  const parameters = new Map<string, string>();
  for (let at = 0; at < texts.length; at += 2) {
    const name = texts[at] ?? '';
    if (name === '') return null;
    parameters.set(name, texts[at + 1] ?? '');
  }
  return parameters;
}

function invalid(problem: string): Preamble {
  return { kind: 'invalid', problem };
}

/** One byte is enough to know that it is not PostgreSQL, and says a little about what it may be. */
function notPostgresql(first: number): Preamble {
  const guess = first === 0x2a ? ' (it looks like Redis)' : first >= 0x41 && first <= 0x7a ? ' (it looks like HTTP or another protocol of text)' : '';
  return invalid(`This is a port for PostgreSQL, and what was sent is not its protocol${guess}.`);
}
