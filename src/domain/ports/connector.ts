import type { Socket } from 'node:net';
import type { Endpoint } from '../endpoint.ts';

/**
 * The only way to open a connection to an instance.
 * @throws DbmakerError endpoint_refused (what stands there is not a socket of ours), endpoint_unreachable (nobody listens, timed out)
 */
export type Connect = (endpoint: Endpoint, options?: { signal?: AbortSignal; timeoutMs?: number }) => Promise<Socket>;
