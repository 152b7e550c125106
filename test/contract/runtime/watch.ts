import assert from 'node:assert/strict';
import { waitFor } from '../../support/wait.ts';
import { GRACE, type RuntimeWorld, up, worldTest } from './world.ts';

export function watchTests(setup: () => Promise<RuntimeWorld>): void {
  worldTest('a watch tells of a resync first, and of starts, stops and kills within a second', setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload('redis');
    const changed: string[] = [];
    let resyncs = 0;
    const ending = new AbortController();
    runtime.watch({ onChange: (id) => void changed.push(id), onResync: () => (resyncs += 1) }, ending.signal);
    try {
      await waitFor(() => resyncs > 0, { what: 'the first resync' });
      const toldOf = async (what: string, act: () => Promise<unknown>): Promise<void> => {
        changed.length = 0;
        await act();
        await waitFor(() => changed.includes(workload.id), { what: `news of ${what}`, timeoutMs: 1_000, intervalMs: 5 });
      };
      await toldOf('the start', () => up(world, workload));
      await toldOf('the kill', () => world.kill(workload.id));
      await toldOf('the second start', () => runtime.start(workload));
      await toldOf('the stop', () => runtime.stop(workload.id, GRACE));
      assert.deepEqual(changed.filter((id) => id !== workload.id), []);
      ending.abort();
      changed.length = 0;
      await runtime.start(workload);
      await runtime.remove(workload.id);
      assert.deepEqual(changed, []);
    } finally {
      ending.abort();
    }
  });
}
