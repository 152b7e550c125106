import { DbmakerError } from '../../domain/errors.ts';
import { PROGRESS_EVENT } from '../../domain/instance/event.ts';
import type { Instance } from '../../domain/instance/instance.ts';
import { buildWorkload } from '../../domain/instance/workload.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import type { Observation, Workload } from '../../domain/ports/runtime.ts';
import { passwordContext } from '../../domain/ports/secret-box.ts';
import type { Lease } from '../../domain/ports/store.ts';
import type { Pass, ReconcilerPorts } from './context.ts';

/** Binds one look at one instance to its lease: everything it writes is refused once the lease is lost. */
export function makePass(ports: ReconcilerPorts, instance: Instance, observation: Observation, lease: Lease, signal: AbortSignal): Pass {
  const engine = ports.engines[instance.engine];
  const password = (): string => ports.secretBox.open(instance.secrets.password, passwordContext(instance.id));
  let built: Workload | null = null;
  return {
    instance,
    observation,
    engine,
    ports,
    signal,
    lease,
    password,
    async report(patch, options = {}) {
      const { progress } = patch;
      // A report that a power cut may undo has no event: its id would be given to another one later.
      const told = progress === undefined || progress === null || options.volatile === true ? [] : [{ type: PROGRESS_EVENT, message: progress.message, data: { ...progress } }];
      if (!(await ports.store.instances.report(lease, patch, { ...options, events: [...told, ...(options.events ?? [])] }))) throw leaseLost();
      ports.onReport(instance.id);
    },
    workload() {
      return (built ??= buildWorkload(instance, { password: password(), engine, domain: ports.settings.domain }));
    },
    target(current, otherPassword): EngineTarget {
      const { endpoint } = current;
      return {
        connect: () => {
          if (endpoint === null) throw new DbmakerError('endpoint_unreachable', 'The database is not running.');
          return ports.connect(endpoint, { signal, timeoutMs: 2000 });
        },
        username: instance.spec.username,
        password: otherPassword ?? password(),
        database: instance.spec.database,
        clock: ports.clock,
        signal,
      };
    },
  };
}

export function leaseLost(): DbmakerError {
  return new DbmakerError('cancelled', 'Another worker has taken over this instance.');
}
