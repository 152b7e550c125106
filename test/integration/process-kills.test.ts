import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { withSession } from '../../src/engines/postgresql/session.ts';
import { descendants } from '../../src/runtimes/process/proc.ts';
import { readRows, writeRow } from '../contract/runtime/rows.ts';
import { GRACE, ready, up } from '../contract/runtime/world.ts';
import { otherServer, processWorld } from '../support/process-runtime.ts';
import { waitFor } from '../support/wait.ts';

const LIMIT = { timeout: 180_000 };

/** Every process below `pid`, as the kernel tells it. */
function kill9WithChildren(pid: number): void {
  for (const one of descendants(pid)) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // it ended by itself
    }
  }
}

for (const engine of ['postgresql', 'redis'] as const) {
  for (const whole of [false, true]) {
    test(`${engine}: a creation cut off by kill -9 (${whole ? 'server and helpers' : 'server only'}) is done again or completed, never half`, LIMIT, async () => {
      await using world = await processWorld();
      const warm = world.workload(engine);
      await world.runtime.prepare(warm, () => undefined);
      for (const delayMs of [0, 15, 40, 80, 140]) {
        const workload = world.workload(engine);
        using server = otherServer({ home: world.home, homeId: world.homeId, workload, steps: ['create'] });
        await server.reached('create');
        await pause(delayMs);
        if (whole) kill9WithChildren(server.child.pid ?? 0);
        else server.kill();
        await world.runtime.create(workload);
        await world.runtime.start(workload);
        const target = await ready(world, workload);
        await writeRow(engine, target, 'made');
        assert.deepEqual(await readRows(engine, target), ['made']);
        assert.deepEqual((await readdir(world.directoryOf(workload.id))).filter((name) => name.startsWith('data')), ['data']);
        await world.runtime.remove(workload.id);
      }
    });
  }

  test(`${engine}: a server killed around the start leaves exactly one engine, which the next one adopts`, LIMIT, async () => {
    await using world = await processWorld();
    for (const delayMs of [0, 5, 10, 20, 40]) {
      const workload = world.workload(engine);
      await world.runtime.create(workload);
      using server = otherServer({ home: world.home, homeId: world.homeId, workload, steps: ['start'] });
      await server.reached('start');
      await pause(delayMs);
      server.kill();
      const next = world.reopen();
      await next.start(workload);
      const target = await ready(world, workload);
      await writeRow(engine, target, 'here');
      const observed = await next.observe(workload.id);
      assert.equal(observed.state, 'running');
      await next.stop(workload.id, GRACE);
      assert.equal((await next.observe(workload.id)).state, 'exited');
      await world.runtime.remove(workload.id);
    }
  });

  test(`${engine}: what a killed server started goes on, and its end in good order is known without having been its parent`, LIMIT, async () => {
    await using world = await processWorld();
    const workload = world.workload(engine);
    using server = otherServer({ home: world.home, homeId: world.homeId, workload, steps: ['prepare', 'create', 'start'] });
    await server.reached('done');
    const target = await ready(world, workload);
    await writeRow(engine, target, 'before');
    const pid = await world.pidOf(workload.id);
    server.kill();
    const changes: string[] = [];
    const watching = new AbortController();
    let looked = false;
    world.runtime.watch({ onChange: (id) => void changes.push(id), onResync: () => { looked = true; } }, watching.signal);
    try {
      await writeRow(engine, target, 'after');
      assert.equal(await world.pidOf(workload.id), pid);
      await waitFor(async () => (await world.runtime.observe(workload.id)).state === 'running', { what: 'the adoption' });
      await waitFor(() => looked, { what: 'the first look of the watch, so that what follows is a change' });
      await world.reopen().stop(workload.id, GRACE);
      await waitFor(() => changes.includes(workload.id), { what: 'news of the end' });
      const ended = await world.runtime.observe(workload.id);
      assert.deepEqual({ state: ended.state, exitCode: ended.exitCode, outOfMemory: ended.outOfMemory }, { state: 'exited', exitCode: 0, outOfMemory: false });
      await world.runtime.start(workload);
      await ready(world, workload);
      assert.deepEqual(await readRows(engine, target), ['after', 'before']);
    } finally {
      watching.abort();
    }
  });

  test(`${engine}: a removal cut off by kill -9 is still seen, and finished by the next one`, LIMIT, async () => {
    await using world = await processWorld();
    for (const delayMs of [0, 10, 30, 60]) {
      const workload = world.workload(engine);
      await up(world, workload);
      using server = otherServer({ home: world.home, homeId: world.homeId, workload, steps: ['remove'] });
      await server.reached('remove');
      await pause(delayMs);
      kill9WithChildren(server.child.pid ?? 0);
      for (const { id, dataPresent, state } of await world.reopen().observeAll()) {
        assert.equal(id, workload.id);
        assert.ok(dataPresent || state === 'absent');
      }
      await world.reopen().remove(workload.id);
      assert.deepEqual(await readdir(`${world.home}/instances`), []);
    }
  });
}

test('a busy backend of a killed postmaster holds the data until it has ended, and no second server starts beside it', LIMIT, async () => {
  await using world = await processWorld();
  const workload = world.workload('postgresql');
  const target = await up(world, workload);
  const busy = withSession(target, (session) => session.rows('SELECT count(*) FROM generate_series(1, 2000000000)')).catch(() => 'cut off');
  await waitFor(async () => (await withSession(target, (session) => session.rows('SELECT 1 AS one FROM pg_stat_activity WHERE query LIKE \'%generate_series(1%\' AND pid <> pg_backend_pid()'))).length > 0, { what: 'the query to run' });
  await world.kill(workload.id);
  await waitFor(async () => (await world.runtime.observe(workload.id)).state === 'exited', { what: 'the end' });
  await world.runtime.start(workload);
  await ready(world, workload);
  assert.equal(await busy, 'cut off');
  const { processes } = await world.runtime.stats(workload.id);
  assert.ok(processes < 12, `${processes} processes: the busy one is gone`);
});
