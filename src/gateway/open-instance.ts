import type { Socket } from 'node:net';
import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance/instance.ts';
import type { PortGatewayPorts } from './ports.ts';

/** Hints can be lost: the store is asked this often while somebody waits for a waking instance. */
const RECHECK_MS = 250;

/**
 * A connection to the instance, waking it if it sleeps.
 * @throws not_found, not_running (stopped, failed, not ready in time), endpoint_refused, endpoint_unreachable, cancelled
 */
export async function openInstance(ports: PortGatewayPorts, id: string, signal: AbortSignal): Promise<Socket> {
  const deadline = ports.clock.now() + ports.settings.wakeDeadlineMs;
  for (;;) {
    const instance = await ports.store.instances.get(id);
    if (instance === null || instance.spec.desired === 'deleted') throw new DbmakerError('not_found', 'This database does not exist any more.');
    const { phase, endpoint } = instance.status;
    if (phase === 'running' && endpoint !== null && instance.spec.desired === 'running') {
      try {
        return await ports.connect(endpoint, { signal, timeoutMs: 5000 });
      } catch (error) {
        // It may just be restarting: wait for the next report, within the deadline.
        if (!isDbmakerError(error, 'endpoint_unreachable') || ports.clock.now() >= deadline) throw error;
      }
    } else if (instance.spec.desired === 'sleeping') {
      await ports.store.instances.change(id, { desired: 'running' }, { onlyIfDesired: ['sleeping'], event: { type: 'instance.waking', message: `${instance.name} is being woken by a connection.`, data: {} } });
      ports.changed(id);
    } else {
      refuseUnlessComing(instance, deadline);
    }
    if (ports.clock.now() >= deadline) throw new DbmakerError('not_running', 'The database did not become ready in time. Try again in a moment.');
    await nextReport(ports, id, signal);
  }
}

/** A client that waits for what cannot come in time only learns later that it does not come. */
function refuseUnlessComing({ name, spec, status }: Instance, deadline: number): void {
  if (spec.desired === 'stopped') throw new DbmakerError('not_running', `${name} was stopped. Start it first.`);
  if (status.phase === 'failed' && (status.nextTryAt === null || status.nextTryAt > deadline)) throw new DbmakerError('not_running', `${name} has failed: ${status.reason?.message ?? 'unknown reason'}`);
}

/** Resolves at the next report about the instance, or after a short while. */
function nextReport(ports: PortGatewayPorts, id: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (run: () => void): void => {
      unsubscribe();
      cancel();
      signal.removeEventListener('abort', onAbort);
      run();
    };
    const onAbort = (): void => finish(() => reject(new DbmakerError('cancelled', 'The client is gone.')));
    const unsubscribe = ports.onReport(id, () => finish(resolve));
    const cancel = ports.clock.after(RECHECK_MS, () => finish(resolve));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}
