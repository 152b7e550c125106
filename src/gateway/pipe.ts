import type { Socket } from 'node:net';

/** TCP keepalive on the client's leg: finds dead peers without ever cutting an idle session (coolify#6068). */
const KEEPALIVE_MS = 60_000;

/**
 * Joins two sockets until both ends are closed. Half-close is passed on after the data is flushed; back-pressure is `pipe`'s own, so a
 * client that never reads holds no more than the stream buffers. Both have to be made with `allowHalfOpen`.
 */
export function pipe(client: Socket, instance: Socket): void {
  client.setNoDelay(true);
  instance.setNoDelay(true);
  client.setKeepAlive(true, KEEPALIVE_MS);
  client.pipe(instance);
  instance.pipe(client);
  // An error on one leg (reset by peer) leaves nobody to talk to on the other.
  client.on('error', () => instance.destroy());
  instance.on('error', () => client.destroySoon());
  client.on('close', () => instance.destroySoon());
  instance.on('close', () => client.destroySoon());
}
