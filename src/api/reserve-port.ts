import { DbmakerError } from '../domain/errors.ts';
import type { ApiDependencies } from './dependencies.ts';

/** Long enough for one creation, short enough that a kill in the middle of it does not keep the port away for long. */
const RESERVATION_MS = 60_000;
/** How long a port is left alone on which somebody else listens. */
const BLOCK_MS = 3_600_000;
/** Ports tried for one request; what is in the way is remembered, so that the next request begins behind it. */
const MAX_TRIES = 100;

/**
 * A port that is free in the store and on this host, reserved for a creation.
 * @throws ports_exhausted
 */
export async function reservePort({ store, clock, isPortFree, config }: Pick<ApiDependencies, 'store' | 'clock' | 'isPortFree' | 'config'>): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = await store.ports.reserve(config.portRange, RESERVATION_MS);
    if (await isPortFree(port)) return port;
    await store.ports.block(port, clock.now() + BLOCK_MS);
  }
  throw new DbmakerError('ports_exhausted', `The ports that were tried (${String(MAX_TRIES)}) are all used by other programs on this host.`, {
    retryAfterMs: 1000,
    remedy: 'Set DBMAKER_PORT_RANGE to a range that nothing else uses.',
  });
}
