import assert from 'node:assert/strict';
import { withSession } from '../../../src/engines/redis/session.ts';
import { handedOver } from '../../support/redis-handed-over.ts';
import { waitFor } from '../../support/wait.ts';
import { readRows, writeRow } from './rows.ts';
import { GRACE, type RuntimeWorld, ready, up, worldTest } from './world.ts';

type Setup = () => Promise<RuntimeWorld>;

/** Somebody ends things, or us, in the middle. */
export function disturbanceTests(setup: Setup): void {
  worldTest('a server that was killed between any two steps is continued by the next one', setup, async (world) => {
    const workload = world.workload('postgresql');
    await world.runtime.prepare(workload, () => undefined);
    await world.runtime.create(workload);
    const second = world.reopen();
    assert.equal((await second.observe(workload.id)).state, 'created');
    await second.create(workload);
    await second.start(workload);
    const third = world.reopen();
    await third.start(workload);
    const target = await ready(world, workload);
    await writeRow('postgresql', target, 'through');
    assert.equal((await third.observe(workload.id)).state, 'running');
    await third.stop(workload.id, GRACE);
    await world.reopen().start(workload);
    await ready(world, workload);
    assert.deepEqual(await readRows('postgresql', target), ['through']);
    await world.reopen().remove(workload.id);
    assert.deepEqual(await world.reopen().observeAll(), []);
  });

  for (const engine of ['postgresql', 'redis'] as const) {
    worldTest(`${engine}: an end by kill -9 is seen and loses nothing that was acknowledged`, setup, async (world) => {
      const workload = world.workload(engine);
      const target = await up(world, workload);
      await writeRow(engine, target, 'acknowledged');
      if (engine === 'redis') await handedOver(target);
      await world.kill(workload.id);
      await waitFor(async () => (await world.runtime.observe(workload.id)).state === 'exited', { what: 'the end to be seen' });
      const ended = await world.runtime.observe(workload.id);
      assert.equal(ended.outOfMemory, false);
      assert.equal(ended.endpoint, null);
      assert.notEqual(ended.exitCode, 0);
      await world.runtime.start(workload);
      await ready(world, workload);
      assert.deepEqual(await readRows(engine, target), ['acknowledged']);
    });
  }

  worldTest('redis: what transactions and scripts wrote outlives a restart', setup, async (world) => {
    const workload = world.workload('redis');
    const target = await up(world, workload);
    await withSession(target, async (session) => {
      await session.command('EVAL', "for n = 1, 5000 do redis.call('SADD', 'notes', n) end", '0');
      for (const command of [['MULTI'], ['SADD', 'notes', 'in a transaction'], ['SADD', 'notes', 'too'], ['EXEC']]) await session.command(command[0] ?? '', ...command.slice(1));
    });
    await world.runtime.stop(workload.id, GRACE);
    await world.runtime.start(workload);
    await ready(world, workload);
    assert.equal((await readRows('redis', target)).length, 5002);
  });

  worldTest('postgresql: a kill -9 at any moment of the first start leaves something that starts', setup, async (world) => {
    for (const delayMs of [0, 30, 80, 150]) {
      const workload = world.workload('postgresql');
      await world.runtime.prepare(workload, () => undefined);
      await world.runtime.create(workload);
      await world.runtime.start(workload);
      await new Promise((resolve) => void setTimeout(resolve, delayMs));
      await world.kill(workload.id);
      await waitFor(async () => (await world.runtime.observe(workload.id)).state === 'exited', { what: 'the end to be seen' });
      await world.runtime.start(workload);
      const target = await ready(world, workload);
      await writeRow('postgresql', target, 'after');
      assert.deepEqual(await readRows('postgresql', target), ['after']);
      await world.runtime.remove(workload.id);
    }
  });

  worldTest('two callers at once are as good as one', setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload('redis');
    const other = world.reopen();
    await together([runtime.prepare(workload, () => undefined), other.prepare(workload, () => undefined)]);
    await together([runtime.create(workload), other.create(workload)]);
    await together([runtime.start(workload), other.start(workload)]);
    const target = await ready(world, workload);
    await writeRow('redis', target, 'one');
    assert.equal((await runtime.observeAll()).length, 1);
    await together([runtime.stop(workload.id, GRACE), other.stop(workload.id, GRACE)]);
    assert.equal((await runtime.observe(workload.id)).state, 'exited');
    await together([runtime.remove(workload.id), other.remove(workload.id)]);
    assert.deepEqual(await runtime.observeAll(), []);
  });
}

/** Waits for all before it fails: what still runs could make things after the clean-up. */
async function together(work: Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
