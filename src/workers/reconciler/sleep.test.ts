import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DbmakerError } from '../../domain/errors.ts';
import type { Pass, StatusPatch } from './context.ts';
import { putToSleep } from './sleep.ts';

/** One look at an instance that should sleep and runs. `engine`: sessions that it counts, or null where it cannot; `gateway`: open connections. */
async function look({ engine, gateway }: { engine: number | null; gateway: number }): Promise<{ paused: boolean; written: StatusPatch }> {
  let paused = false;
  let written: StatusPatch = {};
  const pass = {
    instance: { id: 'a', name: 'orders', spec: { generation: 2, restarts: 0 }, status: { phase: 'running', nextTryAt: null } },
    observation: { state: 'running' },
    engine: { activity: async () => { if (engine === null) throw new DbmakerError('unsupported', 'It cannot tell.'); return { connections: engine, active: 0 }; } },
    target: () => ({}),
    ports: {
      clock: { now: () => 1000 }, settings: { pausedMs: 60_000 },
      store: { activity: { get: async () => (gateway === 0 ? null : { open: gateway }) } },
      runtime: { pause: async () => { paused = true; } },
    },
    report: async (patch: StatusPatch) => { written = patch; },
  } as unknown as Pass;
  await putToSleep(pass);
  return { paused, written };
}

test('what is in use is not put to sleep, whether the engine counts its sessions or only the gateway sees them; unused it is', async () => {
  for (const use of [{ engine: 2, gateway: 0 }, { engine: null, gateway: 1 }, { engine: 0, gateway: 3 }]) {
    const { paused, written } = await look(use);
    assert.equal(paused, false, JSON.stringify(use));
    assert.match(written.reason?.message ?? '', /falls asleep when its .*open sessions? ha/);
    assert.ok((written.nextTryAt ?? 0) > 1000);
  }
  for (const use of [{ engine: 0, gateway: 0 }, { engine: null, gateway: 0 }]) {
    const { paused, written } = await look(use);
    assert.equal(paused, true);
    assert.equal(written.phase, 'sleeping');
  }
});
