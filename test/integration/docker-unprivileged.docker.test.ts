import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { systemClock } from '../../src/main/clock.ts';
import { createConnect } from '../../src/net/connect.ts';
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts';
import { readRows, writeRow } from '../contract/runtime/rows.ts';
import { makeWorkload, ready } from '../contract/runtime/world.ts';
import { quietLog } from '../support/docker-home.ts';
import { IMAGES_DIRECTORY, POSTGRESQL_IMAGE, ensureDocker, ensureImages } from '../support/docker.ts';

const SOMEBODY = 12_345;

let socketPath: string;
let home: string;

/** This file has a process of its own, which gives up root here for good: a member of the group docker is left. */
before(async () => {
  socketPath = await ensureDocker();
  await ensureImages();
  home = await mkdtemp('/tmp/dbm-unprivileged-');
  if (process.getuid?.() !== 0) return;
  const { gid } = await stat(socketPath);
  await chown(home, SOMEBODY, SOMEBODY);
  process.setgroups?.([gid]);
  process.setgid?.(SOMEBODY);
  process.setuid?.(SOMEBODY);
});

test('a server that may use Docker but is not root makes, measures and removes what belongs to the image\'s user', async () => {
  const runtime = createDockerRuntime({ home, homeId: `test${randomBytes(6).toString('hex')}`, socketPath, imagesDirectory: IMAGES_DIRECTORY, log: quietLog, clock: systemClock });
  const workload = makeWorkload('postgresql', POSTGRESQL_IMAGE);
  const world = { runtime, connect: createConnect(systemClock) };
  try {
    await runtime.create(workload);
    await runtime.create(workload);
    assert.equal((await stat(path.join(home, 'instances', workload.id, 'data'))).uid, 10015);
    await runtime.start(workload);
    const target = await ready(world, workload);
    await writeRow('postgresql', target, 'mine');
    const { diskBytes } = await runtime.stats(workload.id);
    assert.ok(diskBytes > 15e6 && diskBytes < 200e6, `diskBytes ${diskBytes}`);
    await runtime.discard(workload.id);
    await runtime.create(workload);
    await runtime.start(workload);
    await ready(world, workload);
    assert.deepEqual(await readRows('postgresql', target), ['mine']);
    await runtime.discard(workload.id); // the image is no longer known by its container
    await runtime.remove(workload.id);
    assert.deepEqual(await runtime.observeAll(), []);
    assert.deepEqual(await readdir(path.join(home, 'instances')), []);
  } finally {
    await runtime.remove(workload.id);
    await rm(home, { recursive: true, force: true });
  }
});
