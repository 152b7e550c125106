import { needsWork } from '../../domain/instance/needs-work.ts';
import type { ReconcilerPorts } from './context.ts';

/**
 * Compares every row with everything that the runtime has of ours, and hands on the ids that need a closer look. This is the truth;
 * events only make it faster. What the runtime has but no row knows is told and left alone: nothing is removed because it looks unused.
 */
export async function resync(ports: ReconcilerPorts, enqueue: (id: string) => void): Promise<void> {
  const { store, runtime, clock, log } = ports;
  const [rows, seen] = await Promise.all([store.instances.overview(), runtime.observeAll()]);
  const states = new Map(seen.map((observation) => [observation.id, observation.state]));
  const now = clock.now();
  for (const row of rows) {
    if (needsWork(row, states.get(row.id) ?? 'absent', now)) enqueue(row.id);
    states.delete(row.id);
  }
  if (states.size === 0) return;
  // Rows may have been made or closed since the list was read: only what still has none is a stray.
  for (const id of states.keys()) {
    if ((await store.instances.get(id)) === null) log.warn({ instance: id, state: states.get(id) }, 'no row knows this instance; it is left alone');
  }
}
