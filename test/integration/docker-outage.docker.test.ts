import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isDbmakerError } from '../../src/domain/errors.ts';
import { readRows, writeRow } from '../contract/runtime/rows.ts';
import { dockerWorld } from '../contract/runtime/docker-world.ts';
import { GRACE, makeWorkload, ready, up } from '../contract/runtime/world.ts';
import { dockerHome } from '../support/docker-home.ts';
import { type PrivateDockerd, REDIS_IMAGE, ensureImages, startPrivateDockerd } from '../support/docker.ts';
import { quickest } from '../support/quickest.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

let dockerd: PrivateDockerd;

before(async () => {
  await ensureImages();
  dockerd = await startPrivateDockerd();
});
after(() => dockerd[Symbol.asyncDispose]());

test('without its base and without a registry, an image of ours says what to do', async () => {
  await using home = await dockerHome(dockerd.socketPath);
  const workload = makeWorkload('redis', REDIS_IMAGE);
  await assert.rejects(home.runtime.prepare(workload, () => undefined), { code: 'image_build_failed', message: /npm run images -- --offline/ });
});

test('a missing image of ours is built once for all who ask, with progress; a build that fails says why', async () => {
  await dockerd.load('dbmaker/base:bookworm');
  await using contexts = await temporaryDirectory('contexts');
  await using home = await dockerHome(dockerd.socketPath, { imagesDirectory: contexts.path });
  const context = path.join(contexts.path, 'redis');
  await mkdir(context);
  await writeFile(path.join(context, 'file'), 'x');
  const workload = makeWorkload('redis', REDIS_IMAGE);
  await writeFile(path.join(context, 'Dockerfile'), 'ARG BASE\nFROM ${BASE}\nRUN echo because >&2; exit 3\n');
  await assert.rejects(home.runtime.prepare(workload, () => undefined), { code: 'image_build_failed', message: /because/ });

  await writeFile(path.join(context, 'Dockerfile'), 'ARG BASE\nFROM ${BASE}\nCOPY file /\nRUN sleep 5; od -An -N8 -tx8 /dev/urandom > /made\n');
  const heard: string[][] = [[], []];
  const cancel = new AbortController();
  const impatient = home.runtime.prepare(workload, () => cancel.abort(), cancel.signal);
  const patient = heard.map((messages) => home.runtime.prepare(workload, ({ message }) => void messages.push(message)));
  await assert.rejects(impatient, { code: 'cancelled' });
  // One who comes while it is under way hears of the progress at once, and may leave at that very moment.
  const late = new AbortController();
  await assert.rejects(home.runtime.prepare(workload, () => late.abort(), late.signal), { code: 'cancelled' });
  await Promise.all(patient);
  for (const messages of heard) assert.ok(messages.some((message) => message.includes('step 4 of 4')), messages.join('\n'));
  assert.equal((await home.docker('images', '-q', 'dbmaker/redis')).trim().split('\n').length, 1);
  await home.runtime.prepare(workload, () => assert.fail('it is there'));
  await home.docker('rmi', '-f', REDIS_IMAGE);
});

test('while Docker is down every call says so at once; when it is back everything goes on, and the watch tells of a resync', async () => {
  await dockerd.load(REDIS_IMAGE);
  await using home = await dockerHome(dockerd.socketPath);
  const { runtime } = home;
  const workload = makeWorkload('redis', REDIS_IMAGE);
  const target = await up(dockerWorld(home), workload);
  await writeRow('redis', target, 'before');
  let resyncs = 0;
  const ending = new AbortController();
  runtime.watch({ onChange: () => undefined, onResync: () => (resyncs += 1) }, ending.signal);
  try {
    await waitFor(() => resyncs > 0, { what: 'the first resync' });
    await dockerd.stop();
    const known = resyncs;
    const { id } = workload;
    const calls: Record<string, () => Promise<unknown>> = {
      info: () => runtime.info(),
      availability: () => runtime.availability({ name: 'x', type: 'x', image: 'x', defaultPort: 1, connectionStringTemplate: '' }),
      prepare: () => runtime.prepare(workload, () => undefined),
      create: () => runtime.create(workload),
      start: () => runtime.start(workload),
      stop: () => runtime.stop(id, GRACE),
      pause: () => runtime.pause(id),
      resume: () => runtime.resume(id),
      discard: () => runtime.discard(id),
      remove: () => runtime.remove(id),
      observe: () => runtime.observe(id),
      observeAll: () => runtime.observeAll(),
      logs: async () => { for await (const line of runtime.logs(id, { tail: 1, follow: false })) assert.fail(line.text); },
      exec: () => runtime.exec(id, ['true']),
      stats: () => runtime.stats(id),
    };
    const took = await quickest(async () => {
      for (const [name, call] of Object.entries(calls)) {
        await assert.rejects(call(), (error) => isDbmakerError(error, 'runtime_unavailable'), name);
      }
    }, { tries: 3 });
    assert.ok(took < 2_000, `took ${took} ms`);

    await dockerd.start();
    await waitFor(() => resyncs > known, { what: 'a resync', timeoutMs: 30_000 });
    assert.equal((await runtime.observe(id)).state, 'exited');
    await runtime.start(workload);
    await ready(dockerWorld(home), workload);
    assert.deepEqual(await readRows('redis', target), ['before']);
  } finally {
    ending.abort();
  }
});

test('a kill -9 of dockerd loses no data, and the instance runs again afterwards', async () => {
  await dockerd.load(REDIS_IMAGE);
  await using home = await dockerHome(dockerd.socketPath);
  const { runtime } = home;
  const workload = makeWorkload('redis', REDIS_IMAGE);
  const target = await up(dockerWorld(home), workload);
  await writeRow('redis', target, 'before');
  await dockerd.kill();
  await assert.rejects(runtime.observe(workload.id), { code: 'runtime_unavailable' });
  await dockerd.start();
  await runtime.create(workload);
  await runtime.start(workload);
  await ready(dockerWorld(home), workload);
  assert.deepEqual(await readRows('redis', target), ['before']);
  await runtime.remove(workload.id);
  assert.deepEqual(await runtime.observeAll(), []);
});
