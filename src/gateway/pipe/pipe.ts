import type { Socket } from 'node:net';
import { rawPipe } from './raw-pipe.ts';
import { streamPipe } from './stream-pipe.ts';
import type { Piped, ReadAhead } from './piped.ts';

/** TCP keepalive on the client's leg: finds dead peers without ever cutting an idle session (coolify#6068). */
const KEEPALIVE_MS = 60_000;

type Join = (client: Socket, instance: Socket, ahead: ReadAhead) => Piped | null;

/**
 * Joins two sockets until both are closed: what one sends reaches the other in order, the end of one direction is passed on after its data
 * (half-close), an error on one leg ends both, and a peer that does not read stops the other instead of growing our memory. Both are
 * made with `allowHalfOpen`; from here on nobody else may read or write.
 */
export function pipe(client: Socket, instance: Socket, ahead: ReadAhead, join: Join = rawPipe): Piped {
  client.setKeepAlive(true, KEEPALIVE_MS);
  client.setNoDelay(true);
  instance.setNoDelay(true);
  client.on('error', () => instance.destroy());
  instance.on('error', () => client.destroy());
  client.on('close', () => instance.destroySoon());
  instance.on('close', () => client.destroySoon());
  return join(client, instance, ahead) ?? streamPipe(client, instance, ahead);
}
