import { TLSSocket, type SecureContext } from 'node:tls';
import { DbmakerError } from '../domain/errors.ts';
import { gone, Wire } from './wire.ts';

/** libpq sends even the directory of a socket as the name. */
const HOSTNAME = /^[a-z0-9._-]{1,253}$/i;

/** Which protocol names (ALPN, RFC 7301) to agree to; the client's own first one where there is nothing to prefer. */
export type ChooseProtocol = (offered: readonly string[], servername: string) => string | undefined;

/** A connection inside TLS, and the name that the client asked for. */
export interface Secured {
  readonly wire: Wire;
  /** Lower case; null: the client sent none (SNI). */
  readonly servername: string | null;
}

/**
 * Ends TLS here. What the wire holds already is the beginning of the client's hello: it may come in several pieces and be larger than a
 * packet (post-quantum keys). OpenSSL's server reads it; a hello that is none is answered with an alert.
 * @throws DbmakerError cancelled (client gone, deadline), invalid_request (no TLS after all, no version or cipher in common)
 */
export async function startTls(wire: Wire, context: SecureContext, chooseProtocol: ChooseProtocol, signal: AbortSignal): Promise<Secured> {
  const { socket } = wire;
  const ahead = wire.takeAll();
  if (ahead.length > 0) {
    if (socket.readableEnded) throw gone();
    socket.unshift(ahead);
  }
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    requestCert: false,
    ALPNCallback: ({ servername, protocols }) => chooseProtocol(protocols, servername),
  });
  secure.on('error', () => secure.destroy()); // for good: also what goes wrong later must not end the process
  await secured(secure, signal);
  const { servername } = secure as TLSSocket & { servername?: string | false | null };
  return { wire: new Wire(secure), servername: typeof servername === 'string' && HOSTNAME.test(servername) ? servername.toLowerCase() : null };
}

function secured(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (run: () => void): void => {
      socket.off('secure', onSecure).off('error', onError).off('close', onGone).off('end', onGone).off('readable', onReadable);
      signal.removeEventListener('abort', onAbort);
      run();
    };
    const onSecure = (): void => settle(resolve);
    const onError = (error: Error): void => settle(() => {
      socket.destroy(); // the alert is out
      reject(new DbmakerError('invalid_request', 'The TLS handshake failed.', { cause: error }));
    });
    const onGone = (): void => settle(() => {
      socket.destroy();
      reject(gone());
    });
    // The client's leg is half-open: its end shows only to who reads. Nothing else can be there to read before the handshake is done.
    const onReadable = (): void => {
      if (socket.readableLength === 0) socket.read(0);
    };
    const onAbort = (): void => settle(() => {
      socket.destroy();
      reject(signal.reason instanceof DbmakerError ? signal.reason : gone());
    });
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    socket.on('secure', onSecure).on('error', onError).on('close', onGone).on('end', onGone).on('readable', onReadable);
  });
}
