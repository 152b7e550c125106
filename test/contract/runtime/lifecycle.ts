import assert from 'node:assert/strict';
import type { Observation } from '../../../src/domain/ports/runtime.ts';
import { readRows, writeRow } from './rows.ts';
import { type DatabaseEngine, GRACE, type RuntimeWorld, ready, up, worldTest } from './world.ts';

type Setup = () => Promise<RuntimeWorld>;

const ABSENT: Omit<Observation, 'id' | 'dataPresent'> = {
  state: 'absent', exitCode: null, outOfMemory: false, startedAt: null, finishedAt: null, endpoint: null, fingerprint: null,
};

export function lifecycleTests(setup: Setup): void {
  for (const engine of ['postgresql', 'redis'] as const) engineTests(engine, setup);

  worldTest('says its name and version', setup, async ({ runtime }) => {
    const info = await runtime.info();
    assert.equal(info.name, runtime.name);
    assert.match(info.version, /\d/);
  });

  worldTest('an instance that was never made is absent, and ending it is no error', setup, async ({ runtime }) => {
    const id = 'neverseen1';
    for (const times of [1, 2]) {
      await runtime.stop(id, GRACE);
      await runtime.discard(id);
      await runtime.remove(id);
      assert.deepEqual(await runtime.observe(id), { id, ...ABSENT, dataPresent: false }, `call ${times}`);
    }
    assert.deepEqual(await runtime.observeAll(), []);
  });

  worldTest('pause freezes and resume goes on, twice each; a stop ends a pause', setup, async (world) => {
    const workload = world.workload('redis');
    const target = await up(world, workload);
    await writeRow('redis', target, 'before');
    const { runtime } = world;
    if (!world.can.pause) {
      await assert.rejects(runtime.pause(workload.id), { code: 'unsupported' });
      return;
    }
    for (const times of [1, 2]) {
      await runtime.pause(workload.id);
      const paused = await runtime.observe(workload.id);
      assert.equal(paused.state, 'paused', `call ${times}`);
      assert.notEqual(paused.endpoint, null);
    }
    assert.deepEqual((await runtime.observeAll()).map(({ state }) => state), ['paused']);
    for (const times of [1, 2]) {
      await runtime.resume(workload.id);
      assert.equal((await runtime.observe(workload.id)).state, 'running', `call ${times}`);
    }
    assert.deepEqual(await readRows('redis', target), ['before']);
    await runtime.pause(workload.id);
    await runtime.stop(workload.id, GRACE);
    assert.equal((await runtime.observe(workload.id)).state, 'exited');
  });
}

function engineTests(engine: DatabaseEngine, setup: Setup): void {
  worldTest(`${engine}: every step of its life works twice, and data outlives stop and discard`, setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload(engine);
    const { id } = workload;
    await runtime.prepare(workload, () => undefined);
    await runtime.prepare(workload, () => undefined);

    for (const times of [1, 2]) {
      await runtime.create(workload);
      const created = await runtime.observe(id);
      assert.deepEqual(created, { ...created, id, state: 'created', exitCode: null, endpoint: null, fingerprint: workload.fingerprint, dataPresent: true }, `call ${times}`);
    }
    const before = Date.now();
    await runtime.start(workload);
    await runtime.start(workload);
    const target = await ready(world, workload);
    await writeRow(engine, target, 'first');
    const running = await runtime.observe(id);
    assert.equal(running.state, 'running');
    assert.equal(running.exitCode, null);
    assert.ok(running.startedAt !== null && Math.abs(running.startedAt - before) < 30_000, `startedAt is ${running.startedAt}`);
    const [listed, ...others] = await runtime.observeAll();
    assert.deepEqual(others, []);
    assert.deepEqual({ ...listed, startedAt: running.startedAt }, running);

    for (const times of [1, 2]) {
      await runtime.stop(id, GRACE);
      const stopped = await runtime.observe(id);
      assert.deepEqual(stopped, { ...stopped, state: 'exited', outOfMemory: false, endpoint: null, dataPresent: true }, `call ${times}`);
      assert.notEqual(stopped.finishedAt, null);
      assert.deepEqual(await runtime.observeAll(), [stopped]);
    }
    await runtime.start(workload);
    await ready(world, workload);
    assert.deepEqual(await readRows(engine, target), ['first']);
    await writeRow(engine, target, 'second');

    await runtime.discard(id);
    await runtime.discard(id);
    assert.deepEqual(await runtime.observe(id), { id, ...ABSENT, dataPresent: true });
    assert.deepEqual(await runtime.observeAll(), [{ id, ...ABSENT, dataPresent: true }]);
    await up(world, workload);
    assert.deepEqual(await readRows(engine, target), ['first', 'second']);

    await runtime.remove(id);
    await runtime.remove(id);
    assert.deepEqual(await runtime.observe(id), { id, ...ABSENT, dataPresent: false });
    assert.deepEqual(await runtime.observeAll(), []);
  });

  worldTest(`${engine}: a changed fingerprint replaces what runs and keeps the data`, setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload(engine);
    const target = await up(world, workload);
    await writeRow(engine, target, 'kept');
    const larger = { ...workload, fingerprint: 'another', resources: { ...workload.resources, memoryBytes: workload.resources.memoryBytes * 2 } };
    await runtime.create(larger);
    await runtime.create(larger);
    const replaced = await runtime.observe(workload.id);
    assert.equal(replaced.state, 'created');
    assert.equal(replaced.fingerprint, 'another');
    await runtime.start(larger);
    await ready(world, larger);
    assert.deepEqual(await readRows(engine, target), ['kept']);
  });
}
