import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePerson } from '../support/person.ts';
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
