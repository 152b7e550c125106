/** A Docker Engine that leaves its containers running while it is restarted (`live-restore`), as for its updates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, withPostgresql, write } from '../support/clients.ts';
import { ensureImages, POSTGRESQL_IMAGE, REDIS_IMAGE, startPrivateDockerd } from '../support/docker.ts';
import { makePerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

test('Docker is restarted under `live-restore`: sessions at databases go on, new ones come in meanwhile, and no database is started anew', { timeout: 200_000 }, async () => {
  await ensureImages();
  await using dockerd = await startPrivateDockerd('--live-restore');
  await dockerd.load(REDIS_IMAGE, POSTGRESQL_IMAGE);
  await using server = await startServer({ runtime: 'docker', env: { DOCKER_HOST: `unix://${dockerd.socketPath}` } });
  const ann = await makePerson(server, 'ann');
  const [cache, orders] = await Promise.all([
    ann.create({ template: 'redis', name: 'cache', resources: { memory: '32MB' } }),
    ann.create({ template: 'postgresql', name: 'orders', resources: { memory: '128MB' } }),
  ]);
  const [atCache, atOrders] = [await ann.connection(cache.id), await ann.connection(orders.id)];
  await write('redis', atCache, 1);
  const health = (status: number): Promise<unknown> => waitFor(async () => (await server.api('GET', '/health')).status === status, { what: `/health to say ${status}`, timeoutMs: 30_000, intervalMs: 200 });

  await withPostgresql(atOrders, async (session) => {
    await session.query('CREATE TEMPORARY TABLE mine AS SELECT 42 AS answer');
    const goesOn = async (): Promise<void> => assert.deepEqual((await session.query('SELECT answer FROM mine')).rows, [{ answer: 42 }]);
    await dockerd.stop();
    await health(503);
    await goesOn();
    await write('redis', atCache, 2);
    await dockerd.start();
    await health(200);
    await goesOn();
  });

  assert.deepEqual(await read('redis', atCache), [1, 2]);
  for (const before of [cache, orders]) {
    const { status, startedAt } = await ann.get(before.id);
    assert.deepEqual([status, startedAt], ['running', before.startedAt]);
    const { items } = await ann.must<{ items: { type: string }[] }>(200, 'GET', `/api/containers/${before.id}/events?limit=200`);
    assert.deepEqual(items.map(({ type }) => type).filter((type) => /failed|crashed|delayed|restart/.test(type)), []);
  }
  await ann.act(cache.id, 'restart'); // it is Docker's again
  assert.deepEqual(await read('redis', atCache), [1, 2]);
});
