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

/** One for all: an error of its own for each login, with its stack, costs more than it tells. */
const OVER = new DbmakerError('cancelled', 'The login is over.');

/** A client sends a few messages during a login; who sends more than this wants something else. */
const MAX_CLIENT_BYTES = 64 * 1024;

/** The backend was not ready for a login and nothing but the startup packet was exchanged: it can be tried again. */
export interface NotYet {
  /** Its ErrorResponse; null: it just closed. */
  readonly error: Buffer | null;
}

/**
 * Carries a login from one end to the other until the backend says ReadyForQuery, and puts our own key in the place of the backend's on the
 * way. What either side is asked and answers (SCRAM, Kerberos, ...) is theirs. A login that the backend refuses ends like any connection: its
 * ErrorResponse reaches the client, then the end.
 * @param rewrite what the client is told instead of the backend's process id and key
 * @returns what was read of either side beyond the login, and of the backend also its last messages, which the client has not got yet
 * @throws DbmakerError cancelled, handshake_timeout, endpoint_unreachable, invalid_request
 */
export async function logIn(session: Session, instance: Socket, rewrite: (key: Key) => Key): Promise<ReadAhead | NotYet> {
  const backend = new Wire(instance);
  const startupBytes = instance.bytesWritten;
  session.waitsFor = 'instance';
  const done = new AbortController(); // not AbortSignal.any: it costs a tenth of a login
  const onEnd = (): void => done.abort(session.signal.reason);
  session.signal.addEventListener('abort', onEnd, { once: true });
  if (session.signal.aborted) onEnd();
  const client = passOnClient(session, instance, done.signal);
  try {
    const outcome = await Promise.race([passOnBackend(session, backend, rewrite, () => instance.bytesWritten > startupBytes), client]);
    done.abort(OVER);
    await client.catch(() => undefined); // it was told to end
    return 'fromInstance' in outcome ? { fromClient: session.wire.takeAll(), ...outcome } : outcome;
  } finally {
    session.signal.removeEventListener('abort', onEnd);
    done.abort(OVER);
    client.catch(() => undefined);
  }
}

/** Ends by throwing only: the client's side does not know when the login is done. */
async function passOnClient(session: Session, instance: Socket, signal: AbortSignal): Promise<never> {
  for (let sent = 0; ;) {
    const bytes = session.wire.takeAll();
    sent += bytes.length;
    if (sent > MAX_CLIENT_BYTES) throw new DbmakerError('invalid_request', 'Too much was sent before the end of the login.');
    if (bytes.length > 0) {
      instance.write(bytes);
      session.waitsFor = 'instance';
    }
    await session.wire.more(signal);
  }
}

/** And a backend: whoever runs code in it could fill our memory through a client that does not read. */
const MAX_BACKEND_BYTES = 2 * 1024 * 1024;

/** SQLSTATE cannot_connect_now: it is starting up, recovering or shutting down. */
const NOT_YET = '57P03';

/** `clientSpoke`: whether it was told anything beyond the startup packet. */
async function passOnBackend(session: Session, backend: Wire, rewrite: (key: Key) => Key, clientSpoke: () => boolean): Promise<{ fromInstance: Buffer } | NotYet> {
  const reader = new BackendReader();
  for (let refused = false, keyed = false, heard = 0, messages = 0; ;) {
    try {
      await backend.more(session.signal);
    } catch (error) {
      if (session.signal.aborted) throw error;
      if (heard === 0 && !clientSpoke()) return { error: null };
      // After an ErrorResponse this is the end that was to be expected; the client has been told all there is.
      throw refused
        ? new DbmakerError('access_denied', 'The database refused the login.')
        : new DbmakerError('endpoint_unreachable', 'The database closed the connection during the login. Try again in a moment.', { cause: error });
    }
    heard += backend.bytes.length;
    session.waitsFor = 'client';
    if (heard > MAX_BACKEND_BYTES) throw new DbmakerError('endpoint_unreachable', 'The database said too much before the end of the login.');
    reader.push(backend.takeAll());
    const out: Buffer[] = [];
    let ready = false;
    for (let message = reader.next(); message !== null && !ready; message = ready ? null : reader.next()) {
      messages += 1;
      if (messages === 1 && message.type === 'E' && sqlState(message.body) === NOT_YET && !clientSpoke()) return { error: message.bytes };
      const ours = message.type === 'K' ? readKeyData(message.body) : null;
      // One session, one key: each costs us memory for as long as the session lives.
      if (ours !== null && keyed) throw new DbmakerError('endpoint_unreachable', 'The database gives out more than one key to cancel by.');
      keyed ||= ours !== null;
      out.push(ours === null ? message.bytes : encodeKey(rewrite(ours)));
      refused ||= message.type === 'E';
      ready = message.type === 'Z';
    }
    if (reader.problem !== null) throw new DbmakerError('endpoint_unreachable', 'The database does not speak PostgreSQL\'s protocol.');
    if (ready) return { fromInstance: Buffer.concat([...out, reader.rest()]) };
    if (out.length > 0) session.wire.socket.write(Buffer.concat(out));
  }
}

/** The field C of an ErrorResponse: a type byte and a zero-terminated text each. */
const sqlState = (body: Buffer): string | undefined => /(?:^|\0)C([0-9A-Z]{5})\0/.exec(body.toString('latin1'))?.[1];

const encodeKey = ({ processId, key }: Key): Buffer => encodeKeyData(processId, key);
