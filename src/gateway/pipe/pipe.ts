import type { Socket } from 'node:net';
import type { Clock } from '../../domain/ports/clock.ts';
import { waitingBytes } from './handles.ts';
import { rawPipe } from './raw-pipe.ts';
import { streamPipe } from './stream-pipe.ts';
import type { Piped, ReadAhead } from './piped.ts';

/** When one leg is gone: how long nothing may move of what is still on its way to the other, whose peer may never read again. */
const LAST_BYTES_MS = 5 * 60_000;

interface PipeOptions {
  readonly ahead: ReadAhead;
  readonly clock: Clock;
  /** Tried first; null: not possible here. Default: beneath the streams. */
  readonly join?: (client: Socket, instance: Socket, ahead: ReadAhead) => Piped | null;
}

/**
 * Joins two sockets until both are closed: what one sends reaches the other in order, the end of one direction is passed on after its data
 * (half-close), an error on one leg ends both, and a peer that does not read stops the other instead of growing our memory. Both are
 * made with `allowHalfOpen`; from here on nobody else may read or write.
 */
export function pipe(client: Socket, instance: Socket, { ahead, clock, join = rawPipe }: PipeOptions): Piped {
  client.setNoDelay(true);
  instance.setNoDelay(true);
  client.on('error', () => instance.destroy());
  instance.on('error', () => client.destroy());
  client.on('close', () => finish(instance, clock));
  instance.on('close', () => finish(client, clock));
  if (instance.destroyed) finish(client, clock);
  if (client.destroyed) finish(instance, clock);
  return join(client, instance, ahead) ?? streamPipe(client, instance, ahead);
}

function finish(leg: Socket, clock: Clock): void {
  leg.destroySoon();
  if (leg.destroyed) return;
  let waiting = waitingBytes(leg);
  let cancel = clock.after(LAST_BYTES_MS, look);
  leg.once('close', () => cancel());

  function look(): void {
    const before = waiting;
    waiting = waitingBytes(leg);
    if (waiting < before) cancel = clock.after(LAST_BYTES_MS, look);
    else leg.destroy();
  }
}
