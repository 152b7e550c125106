import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ensureImages, REDIS_IMAGE } from '../support/docker.ts';
import { read } from '../support/clients.ts';
import { admin } from '../support/person.ts';
import { run } from '../support/run.ts';
import { instanceFaults, withData } from './faults/instances.ts';
import type { Scene } from './faults/instances.ts';

test('faults of single databases that run as containers', { timeout: 150_000, concurrency: true }, async (t) => {
  await ensureImages();
  await instanceFaults(t, 'docker', {
    'an image that does not exist is named, and the database comes once somebody has brought it': imageMissing,
    'a container that is removed behind our back comes back with its data': containerRemoved,
  });
});

async function imageMissing({ ann, server }: Scene): Promise<void> {
  const image = `localhost:1/none:${randomBytes(4).toString('hex')}`; // a registry that refuses at once
  await (await admin(server)).must(201, 'POST', '/api/templates', {
    name: 'Nowhere', type: 'redis', image, defaultPort: 6379, connectionStringTemplate: 'redis://{username}:{password}@{subdomain}:{port}',
    socketDirectory: '/var/run/redis', dataPath: '/data', resources: { memory: '32MB' },
  });
  const failed = await ann.must(202, 'POST', '/api/containers', { template: 'nowhere', name: 'nowhere' }, { prefer: 'wait=30' });
  assert.deepEqual([failed.status, failed.reason?.code], ['failed', 'image_missing']);
  assert.match(failed.reason?.message ?? '', new RegExp(`^The image ${image} is not on this host, and its registry does not answer\\. .*docker load`));
  assert.notEqual(failed.nextTryAt, null);
  try {
    await run('docker', ['tag', REDIS_IMAGE, image]);
    await ann.act(failed.id, 'start');
    assert.equal((await ann.get(failed.id)).reason, null);
    await ann.delete(failed.id);
  } finally {
    await run('docker', ['rmi', image]).catch(() => undefined); // not even tagged
  }
}

async function containerRemoved(scene: Scene): Promise<void> {
  await Promise.all((['postgresql', 'redis'] as const).map(async (family) => {
    const { id, login, view } = await withData(scene, family, `removed-${family}`);
    await run('docker', ['rm', '-f', `dbmaker-${id}`]);
    await scene.ann.until(id, 'it to run again', ({ status, startedAt }) => status === 'running' && startedAt !== view.startedAt, 15_000);
    assert.deepEqual(await read(family, login), [1]);
  }));
}
