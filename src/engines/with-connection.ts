import type { Socket } from 'node:net';
import { DbmakerError } from '../domain/errors.ts';
import type { EngineTarget } from '../domain/ports/engine.ts';

/** What no honest answer to our questions reaches; whoever owns the instance may have put anything behind its socket. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Codes of node:net that mean: nobody is there (yet, or any more). */
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'ENOTCONN', 'EAGAIN']);

/**
 * Opens a raw connection, hands it to `use`, and closes it, whatever happens. Connect and use together take at most `limitMs`.
 * @throws DbmakerError endpoint_unreachable (too late, or the other side sends without end), cancelled, or what connect and `use` throw
 */
export async function withConnection<T>(target: EngineTarget, limitMs: number, use: (socket: Socket) => Promise<T>): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>();
  cut.catch(() => undefined); // it only ever matters as a rival in the races below
  const stopLimit = target.clock.after(limitMs, () => reject(unreachable(`It did not answer within ${limitMs / 1000} seconds.`)));
  const onCancel = (): void => reject(new DbmakerError('cancelled', 'The work on this database was called off.'));
  target.signal?.addEventListener('abort', onCancel);
  if (target.signal?.aborted === true) onCancel();
  let over = false;
  let socket: Socket | undefined;
  try {
    const connecting = target.connect();
    connecting.then((late) => {
      if (over) late.destroy();
    }, () => undefined); // its error is thrown by the race
    socket = await Promise.race([connecting, cut]);
    socket.on('error', () => undefined); // the protocol client reports it; this one only keeps it from ending the process
    limitAnswer(socket, reject);
    return await Promise.race([use(socket), cut]);
  } finally {
    over = true;
    stopLimit();
    target.signal?.removeEventListener('abort', onCancel);
    socket?.destroy();
  }
}

/** Counts from the first byte on without starting the flow itself: a client that attaches later misses nothing. */
function limitAnswer(socket: Socket, reject: (error: DbmakerError) => void): void {
  let bytes = 0;
  socket.once('resume', () => {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_ANSWER_BYTES) return;
      socket.destroy();
      reject(unreachable('It sends far more than it was asked for.'));
    });
  });
}

/** Nobody there, not there yet, or gone in the middle; what a probe reports as `starting`. */
export function unreachable(message: string, cause?: unknown): DbmakerError {
  return new DbmakerError('endpoint_unreachable', message, { cause });
}

/** Whether a library's error only says that the connection could not be made or was lost. */
export function isConnectionLoss(error: unknown): boolean {
  return LOST.has(String((error as { code?: unknown } | null)?.code));
}

/** A library's error without what it drags along (arguments of commands, statements), and without the secrets in its text. */
export function bareCause(error: unknown, secrets: readonly string[]): Error {
  const { message, code } = error instanceof Error ? (error as Error & { code?: unknown }) : { message: String(error), code: undefined };
  const text = secrets.filter((secret) => secret !== '').reduce((sofar, secret) => sofar.replaceAll(secret, '***'), message);
  return Object.assign(new Error(text), typeof code === 'string' ? { code } : {});
}
