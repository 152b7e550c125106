import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePerson } from '../support/person.ts';
import { withRedis } from '../support/clients.ts';
import { startServer } from '../support/server.ts';
import { fillPostgresql, lookIntoPostgresql } from './backups/contents.ts';
import { redisThereAndBack } from './backups/redis.ts';

test('PostgreSQL as a local process: its stopped data directory is archived, and back with everything in it', { timeout: 180_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann');
  const view = await ann.create({ template: 'postgresql', name: 'orders', resources: { memory: '128MB' } });
  const login = await ann.connection(view.id);
  await fillPostgresql(login);
  const before = await lookIntoPostgresql(login);
  const backup = await ann.deleteKeeping(view.id);
  assert.deepEqual([backup.format, backup.note, backup.files.map(({ name }) => name)], ['data', null, ['data.tar.gz']]);
  const restored = await ann.restore(backup.id, { name: 'again', resources: { memory: '192MB' } });
  assert.equal(restored.resources.memoryBytes, 192 * 1024 * 1024);
  const again = await ann.connection(restored.id);
  assert.deepEqual([again.username, again.password, again.database], [login.username, login.password, login.database]);
  assert.deepEqual(await lookIntoPostgresql(again), before);

  // One that was stopped by hand is archived as it is.
  await ann.act(restored.id, 'stop');
  const second = await ann.restore((await ann.deleteKeeping(restored.id)).id);
  assert.deepEqual(await lookIntoPostgresql(await ann.connection(second.id)), before);
});

test('Redis as a local process: deleted with a final backup, and back with everything in it; also one that slept', { timeout: 180_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  await redisThereAndBack(await makePerson(server, 'ann'));
});

test('what an owner of Redis has kept from the disk is in the backup all the same, and outlives a stop and a sleep', { timeout: 180_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann');
  const view = await ann.create({ template: 'redis', name: 'cache' });
  const count = (id: string): Promise<number> => ann.connection(id).then((login) => withRedis(login, (client) => client.dbsize()));
  const unsaved = async (id: string): Promise<void> => withRedis(await ann.connection(id), async (client) => {
    await client.config('SET', 'appendonly', 'no');
    await client.config('SET', 'save', '');
    for (let key = 0; key < 500; key += 1) await client.set(`key-${key}`, 'x');
  });
  for (const action of ['stop', 'sleep', 'restart'] as const) {
    await unsaved(view.id);
    await ann.act(view.id, action);
    if (action !== 'restart') await ann.act(view.id, 'start');
    assert.equal(await count(view.id), 500, action);
  }
  await unsaved(view.id);
  const restored = await ann.restore((await ann.deleteKeeping(view.id)).id);
  assert.equal(await count(restored.id), 500);
});
