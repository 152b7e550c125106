import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ensureImages } from '../support/docker.ts';
import { backupDirectory } from '../support/backup-directory.ts';
import { makePerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { withPostgresql } from '../support/clients.ts';
import { fillPostgresql, lookIntoPostgresql } from './backups/contents.ts';
import { redisThereAndBack } from './backups/redis.ts';

test('PostgreSQL on Docker: deleted with a final backup, and back with everything in it', { timeout: 180_000 }, async () => {
  await ensureImages();
  await using server = await startServer({ runtime: 'docker' });
  const ann = await makePerson(server, 'ann');
  const view = await ann.create({ template: 'postgresql', name: 'orders', resources: { memory: '256MB' } });
  const login = await ann.connection(view.id);
  await fillPostgresql(login);
  const before = await lookIntoPostgresql(login);

  const backup = await ann.deleteKeeping(view.id);
  assert.equal(backup.format, 'pg_dump');
  assert.equal(backup.note, null);
  assert.deepEqual([backup.name, backup.slug, backup.owner, backup.template, backup.engine], ['orders', view.slug, 'ann', 'postgresql', 'postgresql']);
  assert.ok(!existsSync(path.join(server.home, 'instances', view.id)));
  const directory = backupDirectory(server.home, backup.id);
  assert.deepEqual(readdirSync(directory).sort(), backup.files.map(({ name }) => name).sort());
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  for (const { name, bytes } of backup.files) {
    const { mode, size } = statSync(path.join(directory, name));
    assert.deepEqual([mode & 0o777, size], [0o600, bytes]);
  }

  const restored = await ann.restore(backup.id);
  assert.equal(restored.name, 'orders');
  assert.notEqual(restored.id, view.id);
  const again = await ann.connection(restored.id);
  assert.deepEqual([again.username, again.password, again.database], [login.username, login.password, login.database]);
  assert.deepEqual(await lookIntoPostgresql(again), before);
  await withPostgresql(again, async (client) => {
    await client.query(`INSERT INTO "grüße"."Tabelle ☃" (text) VALUES ('after')`);
    assert.deepEqual((await client.query(`SELECT nextval('counter') AS n`)).rows, [{ n: '17' }]);
  });
  await ann.act(restored.id, 'restart');
  await ann.act(restored.id, 'rotate-password');
  await ann.refused('name_taken', 'POST', `/api/backups/${backup.id}/restore`);
  const second = await ann.must<{ id: string }>(201, 'POST', '/api/containers', { restoreFrom: backup.id, name: 'orders-2' }, { prefer: 'wait=60' });
  assert.deepEqual(await lookIntoPostgresql(await ann.connection(second.id)), before);
});

test('Redis on Docker: deleted with a final backup, and back with everything in it; also one that slept', { timeout: 180_000 }, async () => {
  await ensureImages();
  await using server = await startServer({ runtime: 'docker' });
  await redisThereAndBack(await makePerson(server, 'ann'));
});
