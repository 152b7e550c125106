import type { Server, Socket } from 'node:net';
import type { Endpoint } from '../endpoint.ts';

/**
 * `allowHalfOpen`: the end of what the instance sends does not end what we send (for who passes both on separately).
 * The only way to open a connection to an instance.
 * @throws DbmakerError endpoint_refused (what stands there is not a socket of ours), endpoint_unreachable (nobody listens, timed out)
 */
export type Connect = (endpoint: Endpoint, options?: { signal?: AbortSignal; timeoutMs?: number; allowHalfOpen?: boolean }) => Promise<Socket>;

/** Listens on a socket named `name` in `directory`, which is the caller's own; a file of that name is replaced. @throws Error of the file system */
export type ListenUnix = (server: Server, directory: string, name: string) => Promise<void>;
