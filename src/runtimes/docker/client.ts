import { Agent } from 'node:http';
import type DockerType from 'dockerode';
import { deadline, type Deadline } from '../../domain/deadline.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { Docker } from './dockerode.ts';
import { asRuntimeError, unavailable } from './errors.ts';

/** Reading: a healthy engine answers in milliseconds; one that is loaded by 300 starts at once, in seconds. */
const READ_TIMEOUT_MS = 10_000;
/** Making, starting, removing. */
export const CHANGE_TIMEOUT_MS = 60_000;

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The connection to the Docker Engine. Every call has an end, and only DbmakerErrors leave it. */
export interface DockerClient {
  readonly docker: DockerType;
  /** For texts: where the engine is expected. */
  readonly address: string;
  /**
   * One request and its answer. `doing`: in words, for the error.
   * @throws runtime_unavailable (also when it takes longer than `timeoutMs`), cancelled (by `signal`), disk_full, runtime_failed, ...
   */
  call<T>(doing: string, work: (signal: AbortSignal) => Promise<T>, options?: CallOptions): Promise<T>;
  /**
   * One request whose answer is a stream: the time limit covers the wait for its head, `signal` all of it.
   * Errors while reading the stream are the caller's to map.
   */
  open<T>(doing: string, work: (signal: AbortSignal) => Promise<T>, options?: CallOptions): Promise<T>;
}

/** Opens nothing yet. */
export function createClient(socketPath: string, clock: Clock): DockerClient {
  // A connection for each request: an engine that shuts down takes no new ones, but goes on serving those that are open (seen with 20.10). Over a
  // kept one we would start again what it ends, in the middle of which it goes, and its books of it are wrong for good.
  const docker = new Docker({ socketPath });
  (docker.modem as { agent?: Agent }).agent = new Agent({ keepAlive: false }); // an option that its types do not have
  const address = `unix://${socketPath}`;
  const run = async <T>(doing: string, work: (signal: AbortSignal) => Promise<T>, limit: Deadline, all: AbortSignal, signal?: AbortSignal): Promise<T> => {
    try {
      return await Promise.race([work(all), aborted(all)]);
    } catch (error) {
      if (signal?.aborted === true) throw new DbmakerError('cancelled', `Cancelled: ${doing}.`, { cause: error });
      if (limit.passed) throw unavailable(address, error);
      throw asRuntimeError(error, doing, address);
    }
  };
  return {
    docker,
    address,
    call: async (doing, work, { timeoutMs = READ_TIMEOUT_MS, signal } = {}) => {
      using limit = deadline(clock, timeoutMs, signal);
      return await run(doing, work, limit, limit.signal, signal);
    },
    open: async (doing, work, { timeoutMs = READ_TIMEOUT_MS, signal } = {}) => {
      using head = deadline(clock, timeoutMs);
      return await run(doing, work, head, signal ? AbortSignal.any([signal, head.signal]) : head.signal, signal);
    },
  };
}

/** Rejects when the signal aborts: not every call of dockerode heeds one. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
