import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DbmakerError } from '../../domain/errors.ts';
import type { Desired, Phase } from '../../domain/instance/instance.ts';
import type { Pass, StatusPatch } from './context.ts';
import { recordFailure } from './failure.ts';

async function reported(desired: Desired, phase: Phase, error: Error): Promise<StatusPatch> {
  let written: StatusPatch = {};
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => log };
  const pass = {
    instance: { id: 'a', spec: { desired, generation: 2 }, status: { phase, attempts: 0, observedGeneration: 1, reason: null } },
    observation: { state: 'exited' },
    ports: { clock: { now: () => 1000 }, random: () => 0.5, log },
    report: (patch: StatusPatch) => Promise.resolve(void (written = patch)),
  } as unknown as Pass;
  await recordFailure(pass, error);
  return written;
}

test('one whose removal fails stays on its way out, whatever it was before, and is tried again', async () => {
  for (const error of [new DbmakerError('runtime_unavailable', 'Docker is away.'), new DbmakerError('runtime_failed', 'It is still there.'), new DbmakerError('data_misplaced', 'Not ours.')]) {
    const { phase, nextTryAt } = await reported('deleted', 'running', error);
    assert.equal(phase, 'deleting', error.code);
    assert.ok(typeof nextTryAt === 'number' && nextTryAt > 1000);
  }
});

test('trouble of the platform is not the instance\'s failure; trouble of its own is', async () => {
  assert.equal((await reported('running', 'provisioning', new DbmakerError('runtime_unavailable', 'Docker is away.'))).phase, 'provisioning');
  assert.deepEqual(await reported('running', 'provisioning', new DbmakerError('data_missing', 'Gone.')), {
    phase: 'failed', reason: { code: 'data_missing', message: 'Gone.' }, progress: null, attempts: 1, nextTryAt: null, observedGeneration: 2, startedAt: null, endpoint: null,
  });
});
