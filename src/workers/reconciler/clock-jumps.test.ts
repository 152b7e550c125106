import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pass, StatusPatch } from './context.ts';
import { keepRunning } from './run.ts';

const NOW = 1_800_000_000_000;
const YEAR_MS = 365 * 86_400_000;

/** One look at an instance that should run, after the clock, which was a year ahead, was put right. */
async function look(status: object, state: 'running' | 'absent'): Promise<{ result: Awaited<ReturnType<typeof keepRunning>>; started: number; written: StatusPatch }> {
  let started = 0;
  let written: StatusPatch = {};
  const runtime = { name: 'process', prepare: async () => undefined, create: async () => undefined, start: async () => { started += 1; } };
  const pass = {
    instance: { id: 'a', name: 'orders', spec: { generation: 2, restarts: 0 }, status: { phase: 'failed', restarts: 0, startedAt: null, nextTryAt: null, provisioned: true, observedGeneration: 2, ...status } },
    observation: { state, fingerprint: state === 'absent' ? null : 'f', startedAt: null, dataPresent: true },
    ports: { clock: { now: () => NOW }, runtime },
    workload: () => ({ fingerprint: 'f', dataPath: null }),
    report: async (patch: StatusPatch) => { written = patch; },
  } as unknown as Pass;
  return { result: await keepRunning(pass), started, written };
}

test('a next try that was set while the clock was a year ahead is made now; one that is meant is waited for', async () => {
  assert.equal((await look({ nextTryAt: NOW + YEAR_MS }, 'absent')).started, 1);
  const { started, result } = await look({ nextTryAt: NOW + 900_000 }, 'absent');
  assert.deepEqual([started, result], [0, { kind: 'again', afterMs: 900_000 }]);
});

test('a launch that was written down while the clock was a year ahead counts from now, or it could take a year to become ready', async () => {
  const { written, result } = await look({ phase: 'provisioning', startedAt: NOW + YEAR_MS }, 'running');
  assert.deepEqual([written.startedAt, result], [NOW, { kind: 'again', afterMs: 0 }]);
});
