import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { deadline } from '../domain/deadline.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import { pause } from '../domain/pause.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Connect } from '../domain/ports/connector.ts';
import { holdSocket } from './socket-path.ts';

const DEFAULT_TIMEOUT_MS = 5_000;
const FULL_BACKLOG_RETRY_MS = 20;

/**
 * The only way to open a connection to an instance. The socket is handed over connected, paused (no `data` listener) and without an
 * `error` listener: the caller adds one at once. Default timeout: 5,000 ms.
 */
export function createConnect(clock: Clock): Connect {
  return async (endpoint, { timeoutMs = DEFAULT_TIMEOUT_MS, signal: given, allowHalfOpen = false } = {}) => {
    using limit = deadline(clock, timeoutMs, given);
    const { signal } = limit;
    for (;;) {
      try {
        signal.throwIfAborted();
        return await (endpoint.kind === 'unix' ? connectUnix(endpoint, signal, allowHalfOpen) : connectTcp(endpoint, signal, allowHalfOpen));
      } catch (error) {
        if (signal.aborted) {
          throw limit.passed
            ? new DbmakerError('endpoint_unreachable', 'The instance did not answer in time.')
            : new DbmakerError('cancelled', 'The connection to the instance was no longer wanted.');
        }
        if (isDbmakerError(error)) throw error;
        // A unix socket whose backlog is full answers EAGAIN at once instead of letting the caller wait. Bounded by the limit.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
          throw new DbmakerError('endpoint_unreachable', 'Nobody answers at the instance\'s address.', { cause: error });
        }
        await pause(clock, FULL_BACKLOG_RETRY_MS, signal);
      }
    }
  };
}

async function connectUnix(endpoint: Endpoint & { kind: 'unix' }, signal: AbortSignal, allowHalfOpen: boolean): Promise<Socket> {
  const held = holdSocket(endpoint.directory, endpoint.name);
  try {
    return await connected(createConnection({ path: held.path, allowHalfOpen }), signal);
  } finally {
    held.release();
  }
}

async function connectTcp(endpoint: Endpoint & { kind: 'tcp' }, signal: AbortSignal, allowHalfOpen: boolean): Promise<Socket> {
  return connected(createConnection({ host: endpoint.host, port: endpoint.port, noDelay: true, keepAlive: true, allowHalfOpen }), signal);
}

/** Resolves once connected; on error or abort the socket is gone and its listeners with it. */
function connected(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off('connect', onConnect);
      socket.off('error', onError);
      signal.removeEventListener('abort', onAbort);
    };
    const onConnect = (): void => {
      settle();
      resolve(socket);
    };
    const onError = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => {
      settle();
      // Errors of a socket that is being thrown away concern nobody.
      socket.on('error', () => undefined).destroy();
      reject(new Error('aborted'));
    };
    socket.once('connect', onConnect);
    socket.once('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
