import type { Socket } from 'node:net';
import { asDbmakerError, DbmakerError, isDbmakerError } from '../domain/errors.ts';
import type { InstanceRoute } from '../domain/instance/route.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { GatewayPorts } from './ports.ts';
import type { RouteFeed } from './routes/route-feed.ts';
import type { RouteTable } from './routes/route-table.ts';

/** Hints can be lost: the store is asked this often while somebody waits for an instance. */
const RECHECK_MS = 250;
/** News of a status usually come by hints; where the workers are another process, a waking instance is looked for more often. */
const FIRST_RECHECK_MS = 20;

export interface Opener {
  readonly ports: GatewayPorts;
  readonly table: RouteTable;
  readonly feed: Pick<RouteFeed, 'update'>;
}

export interface Opened {
  readonly socket: Socket;
  /** Whether it had to be waited for. */
  readonly waited: boolean;
}

/**
 * A connection to the instance, waking it if it sleeps. One that runs is reached by what is known in memory alone; the store is asked only
 * when it cannot be reached so.
 * @throws not_found, not_running (stopped, failed, not ready in time), endpoint_refused, endpoint_unreachable, store_unavailable, cancelled
 */
export async function openInstance(opener: Opener, id: string, signal: AbortSignal): Promise<Opened> {
  const { ports, table } = opener;
  const deadline = ports.clock.now() + ports.settings.wakeDeadlineMs;
  for (let looks = 0; ; looks += 1) {
    const route = table.get(id);
    if (route === null) throw new DbmakerError('not_found', 'This database does not exist any more.');
    if (route.phase === 'running' && route.endpoint !== null && route.desired === 'running') {
      try {
        return { socket: await ports.connect(route.endpoint, { signal, timeoutMs: 5000, allowHalfOpen: true }), waited: looks > 0 };
      } catch (error) {
        // It may just be restarting, or our knowledge is old: look again, within the deadline.
        if (!isDbmakerError(error, 'endpoint_unreachable') || ports.clock.now() >= deadline) throw error;
      }
    } else if (route.desired === 'sleeping') {
      await within(ports.clock, deadline, signal, route, wake(opener, route));
    } else {
      refuseUnlessComing(route, deadline);
    }
    if (ports.clock.now() >= deadline) throw tooLate(route);
    await within(ports.clock, deadline, signal, route, nextNews(opener, id, looks, signal));
  }
}

const tooLate = ({ name }: InstanceRoute): DbmakerError => new DbmakerError('not_running', `${name} did not become ready in time.`, { remedy: 'Try again in a moment.' });

/** A store that does not answer must not hold a client beyond the deadline, nor one that has left. What it does later is not waited for. */
function within(clock: Clock, deadline: number, signal: AbortSignal, route: InstanceRoute, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (run: () => void): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      run();
    };
    const onAbort = (): void => settle(() => reject(signal.reason instanceof DbmakerError ? signal.reason : new DbmakerError('cancelled', 'The client is gone.')));
    const cancel = clock.after(Math.max(0, deadline - clock.now()), () => settle(() => reject(tooLate(route))));
    signal.addEventListener('abort', onAbort);
    work.then(() => settle(resolve), (error: unknown) => settle(() => reject(asDbmakerError(error))));
    if (signal.aborted) onAbort();
  });
}

/** Many at once write it once: only what sleeps is woken. */
export async function wake({ ports, feed }: Opener, { id, name }: InstanceRoute): Promise<void> {
  await ports.store.instances.change(id, { desired: 'running' }, {
    onlyIfDesired: ['sleeping'], isUse: false, event: { type: 'instance.waking', message: `${name} is being woken by a connection.`, data: {} },
  });
  ports.changed(id);
  await feed.update(id);
}

/** A client that waits for what cannot come in time only learns later that it does not come. */
function refuseUnlessComing({ name, desired, phase, reason, nextTryAt }: InstanceRoute, deadline: number): void {
  if (desired === 'stopped') throw new DbmakerError('not_running', `${name} was stopped.`, { remedy: 'Start it first, in the console or by POST /api/containers/{id}/start.' });
  if (phase === 'failed' && (nextTryAt === null || nextTryAt > deadline)) throw new DbmakerError('not_running', `${name} has failed: ${reason ?? 'unknown reason'}`);
}

/** Resolves at the next change of the route; asks the store for one after a short while. */
async function nextNews({ ports, table, feed }: Opener, id: string, looks: number, signal: AbortSignal): Promise<void> {
  const heard = await new Promise<boolean>((resolve, reject) => {
    const finish = (run: () => void): void => {
      unsubscribe();
      cancel();
      signal.removeEventListener('abort', onAbort);
      run();
    };
    const onAbort = (): void => finish(() => reject(signal.reason instanceof DbmakerError ? signal.reason : new DbmakerError('cancelled', 'The client is gone.')));
    const unsubscribe = table.onChange(id, () => finish(() => resolve(true)));
    const cancel = ports.clock.after(looks < 10 ? FIRST_RECHECK_MS : RECHECK_MS, () => finish(() => resolve(false)));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
  if (heard) return;
  try {
    await feed.update(id);
  } catch (error) {
    // The store is away: what is known has to do, and the deadline ends it.
    ports.log.debug({ err: error, instance: id }, 'the state of an instance that somebody waits for could not be read');
  }
}
