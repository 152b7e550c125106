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
      /** How long the news of each took at least, in milliseconds. */
      const least = new Map<string, number>();
      const toldOf = async (what: string, act: () => Promise<unknown>): Promise<void> => {
        changed.length = 0;
        await act();
        const began = performance.now();
        await waitFor(() => changed.includes(workload.id), { what: `news of ${what}`, intervalMs: 5 });
        least.set(what, Math.min(least.get(what) ?? Infinity, performance.now() - began));
      };
      const late = (): [string, number][] => [...least].filter(([, ms]) => ms >= 1000);
      for (let round = 0; round === 0 || (round < 4 && late().length > 0); round += 1) { // again where we had to wait for the machine
        await toldOf('the start', () => up(world, workload));
        await toldOf('the kill', () => world.kill(workload.id));
        await toldOf('the second start', () => runtime.start(workload));
        await toldOf('the stop', () => runtime.stop(workload.id, GRACE));
      }
      assert.deepEqual(late(), []);
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
