import type { Socket } from 'node:net';
import { DbmakerError } from '../../../domain/errors.ts';
import type { ReadAhead } from '../../pipe/piped.ts';
import type { Session } from '../../session.ts';
import { Wire } from '../../wire.ts';
import { BackendReader, encodeKeyData, readKeyData } from './backend-messages.ts';

interface Key {
  readonly processId: number;
  readonly key: Buffer;
}

/** A client sends a few messages during a login; who sends more than this wants something else. */
const MAX_CLIENT_BYTES = 64 * 1024;

/**
 * Carries a login from one end to the other until the backend says ReadyForQuery, and puts our own key in the place of the backend's on the
 * way. What either side is asked and answers (SCRAM, Kerberos, ...) is theirs. A login that the backend refuses ends like any connection: its
 * ErrorResponse reaches the client, then the end.
 * @param rewrite what the client is told instead of the backend's process id and key
 * @returns what was read of either side beyond the login
 * @throws DbmakerError cancelled, handshake_timeout, endpoint_unreachable, invalid_request
 */
export async function logIn(session: Session, instance: Socket, rewrite: (key: Key) => Key): Promise<ReadAhead> {
  const backend = new Wire(instance);
  const done = new AbortController();
  const client = passOnClient(session, instance, AbortSignal.any([session.signal, done.signal]));
  try {
    const rest = await Promise.race([passOnBackend(session, backend, rewrite), client]);
    done.abort();
    await client.catch(() => undefined); // it was told to end
    return { fromClient: session.wire.takeAll(), fromInstance: rest };
  } finally {
    done.abort();
    client.catch(() => undefined);
  }
}

/** Ends by throwing only: the client's side does not know when the login is done. */
async function passOnClient(session: Session, instance: Socket, signal: AbortSignal): Promise<never> {
  for (let sent = 0; ;) {
    const bytes = session.wire.takeAll();
    sent += bytes.length;
    if (sent > MAX_CLIENT_BYTES) throw new DbmakerError('invalid_request', 'Too much was sent before the end of the login.');
    if (bytes.length > 0) instance.write(bytes);
    await session.wire.more(signal);
  }
}

/** And a backend: whoever runs code in it could fill our memory through a client that does not read. */
const MAX_BACKEND_BYTES = 2 * 1024 * 1024;

/** @returns what the backend said after ReadyForQuery */
async function passOnBackend(session: Session, backend: Wire, rewrite: (key: Key) => Key): Promise<Buffer> {
  const reader = new BackendReader();
  for (let refused = false, heard = 0; ;) {
    try {
      await backend.more(session.signal);
    } catch (error) {
      if (session.signal.aborted) throw error;
      // After an ErrorResponse this is the end that was to be expected; the client has been told all there is.
      throw refused
        ? new DbmakerError('access_denied', 'The database refused the login.')
        : new DbmakerError('endpoint_unreachable', 'The database closed the connection during the login. Try again in a moment.', { cause: error });
    }
    heard += backend.bytes.length;
    if (heard > MAX_BACKEND_BYTES) throw new DbmakerError('endpoint_unreachable', 'The database said too much before the end of the login.');
    reader.push(backend.takeAll());
    const out: Buffer[] = [];
    let ready = false;
    for (let message = reader.next(); message !== null && !ready; message = ready ? null : reader.next()) {
      const ours = message.type === 'K' ? readKeyData(message.body) : null;
      out.push(ours === null ? message.bytes : encodeKey(rewrite(ours)));
      refused ||= message.type === 'E';
      ready = message.type === 'Z';
    }
    if (out.length > 0) session.wire.socket.write(Buffer.concat(out));
    if (reader.problem !== null) throw new DbmakerError('endpoint_unreachable', 'The database does not speak PostgreSQL\'s protocol.');
    if (ready) return reader.rest();
  }
}

const encodeKey = ({ processId, key }: Key): Buffer => encodeKeyData(processId, key);
