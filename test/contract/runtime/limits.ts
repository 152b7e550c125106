import assert from 'node:assert/strict';
import { withSession } from '../../../src/engines/redis/session.ts';
import { waitFor } from '../../support/wait.ts';
import { type RuntimeWorld, up, worldTest } from './world.ts';

const MIB = 1024 * 1024;

export function limitTests(setup: () => Promise<RuntimeWorld>): void {
  worldTest('the memory limit holds: an engine that wants more ends, and the reason is told', setup, async (world) => {
    const workload = world.workload('redis', { resources: { memoryBytes: 64 * MIB, cpus: 1, pids: 64 } });
    const target = await up(world, workload);
    await withSession(target, (session) => session.command('CONFIG', 'SET', 'maxmemory', '0'));
    const fill = withSession(target, async (session) => {
      for (let key = 0; key < 40; key += 1) await session.command('SETRANGE', `key${key}`, String(8 * MIB), 'x'); // 320 MiB in all
    });
    await assert.rejects(fill);
    await waitFor(async () => (await world.runtime.observe(workload.id)).state === 'exited', { what: 'the end' });
    const ended = await world.runtime.observe(workload.id);
    assert.notEqual(ended.exitCode, 0);
    if (world.can.tellOutOfMemory) {
      assert.equal(ended.outOfMemory, true);
      assert.deepEqual((await world.runtime.observeAll()).map(({ outOfMemory }) => outOfMemory), [true]);
    }
  });
}
