import { timeLeft } from '../time-left.ts';
import type { InstanceOverview } from '../ports/store.ts';
import type { Observation } from '../ports/runtime.ts';

/**
 * Whether the reconciler has to look closer at an instance. Called for every row at each full resync: cheap and pure.
 * @param state of its container or process; `absent` where the runtime knows none
 */
export function needsWork(row: InstanceOverview, state: Observation['state'], now: number): boolean {
  if (row.desired === 'deleted' || row.generation > row.observedGeneration) return true;
  // A failed one is looked at again when its time has come, not at every resync.
  if (row.phase === 'failed') return row.nextTryAt !== null && timeLeft(row.nextTryAt, now) === 0;
  // On its way, and told when to go on (backoff): leave it until then. What was running is checked in any case.
  if (timeLeft(row.nextTryAt, now) > 0 && row.phase !== 'running') return false;
  const alive = state === 'running' || state === 'paused';
  if (row.desired === 'running') return row.phase !== 'running' || state !== 'running';
  if (row.desired === 'stopped') return row.phase !== 'stopped' || alive;
  return row.phase !== 'sleeping' || state === 'running' || (row.nextTryAt !== null && timeLeft(row.nextTryAt, now) === 0);
}
