import type { Socket } from 'node:net';
import { rawPipe } from './raw-pipe.ts';
import { streamPipe } from './stream-pipe.ts';
import type { Piped, ReadAhead } from './piped.ts';

/** When one leg is gone: how long what is still on its way to the other may take, whose peer may never read again. */
const LAST_BYTES_MS = 5 * 60_000;

type Join = (client: Socket, instance: Socket, ahead: ReadAhead) => Piped | null;

/**
 * Joins two sockets until both are closed: what one sends reaches the other in order, the end of one direction is passed on after its data
 * (half-close), an error on one leg ends both, and a peer that does not read stops the other instead of growing our memory. Both are
 * made with `allowHalfOpen`; from here on nobody else may read or write.
 */
export function pipe(client: Socket, instance: Socket, ahead: ReadAhead, join: Join = rawPipe): Piped {
  client.setNoDelay(true);
  instance.setNoDelay(true);
  client.on('error', () => instance.destroy());
  instance.on('error', () => client.destroy());
  client.on('close', () => finish(instance));
  instance.on('close', () => finish(client));
  if (instance.destroyed) finish(client);
  if (client.destroyed) finish(instance);
  return join(client, instance, ahead) ?? streamPipe(client, instance, ahead);
}

function finish(leg: Socket): void {
  leg.destroySoon();
  if (!leg.destroyed) leg.setTimeout(LAST_BYTES_MS, () => leg.destroy());
}
