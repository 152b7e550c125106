/** What befalls backups and restores, the same on every runtime. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BackupView } from '../../../src/api/schemas/backup.ts';
import { backupDirectory } from '../../support/backup-directory.ts';
import { read, withPostgresql, withRedis, write } from '../../support/clients.ts';
import type { Family } from '../../support/clients.ts';
import { admin, makePerson, type Person } from '../../support/person.ts';
import type { TestServer } from '../../support/server.ts';
import { waitFor } from '../../support/wait.ts';

export interface Scene {
  readonly server: TestServer;
  readonly ann: Person;
}

/** Somebody who may have as many as they like. */
export async function sceneOn(server: TestServer): Promise<Scene> {
  return { server, ann: await makePerson(server, 'ann', { instances: 100, memoryBytes: 2 ** 40, cpus: 1000 }) };
}

export type Fault = (scene: Scene) => Promise<void>;

/** Those that every runtime meets in the same way. */
export const COMMON: Readonly<Record<string, Fault>> = {
  'what was confirmed to a client that writes until it is cut off is in the backup': confirmedWritesAreKept,
  'a damaged backup is refused by its checksum and left as it is': damagedIsRefused,
  'owners see, fetch, restore and delete their backups, others do not': throughTheApi,
  'without a backup where nobody wants one': withoutBackup,
};

export const MEMORY: Record<Family, string> = { postgresql: '128MB', redis: '32MB' };

export async function withData({ ann }: Scene, family: Family, name: string): Promise<{ id: string; login: Awaited<ReturnType<Person['connection']>> }> {
  const { id } = await ann.create({ template: family, name, resources: { memory: MEMORY[family], cpus: 0.5 } });
  const login = await ann.connection(id);
  await write(family, login, 1);
  return { id, login };
}

export async function eventsOf(person: Person, id: string): Promise<{ type: string; message: string; data: Record<string, unknown> }[]> {
  const boss = await person.must<{ items: { type: string; message: string; data: Record<string, unknown> }[] }>(200, 'GET', `/api/containers/${id}/events?limit=200`);
  return boss.items;
}

/** Somebody writes until they are cut off: what was confirmed to them is in the backup. */
async function confirmedWritesAreKept(scene: Scene): Promise<void> {
  await Promise.all((['postgresql', 'redis'] as const).map(async (family) => {
    const { id, login } = await withData(scene, family, `busy-${family}`);
    let confirmed = 1;
    const writing = (family === 'redis'
      ? withRedis(login, async (client) => { for (;;) { await client.sadd('kept', confirmed + 1); confirmed += 1; } })
      : withPostgresql(login, async (client) => { for (;;) { await client.query('INSERT INTO kept VALUES ($1)', [confirmed + 1]); confirmed += 1; } })
    ).catch(() => undefined);
    await waitFor(() => confirmed > 50, { what: 'some writes to be confirmed' });
    const backup = await scene.ann.deleteKeeping(id);
    await writing;
    const restored = await scene.ann.restore(backup.id);
    const numbers = await read(family, await scene.ann.connection(restored.id));
    assert.deepEqual(numbers.slice(0, confirmed), Array.from({ length: confirmed }, (_, index) => index + 1));
    assert.ok(numbers.length <= confirmed + 1, 'at most the one that was under way came in beside');
  }));
}

/** A byte that is another one, an end that is missing, a file that is gone: nothing is made of it, the backup stays, and it is said why. */
async function damagedIsRefused(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const { id } = await withData(scene, 'redis', 'damaged');
  const backup = await ann.deleteKeeping(id);
  const file = path.join(backupDirectory(server.home, backup.id), backup.files.at(-1)?.name ?? '');
  const good = readFileSync(file);
  const damages: Record<string, () => void> = {
    flipped: () => {
      const bad = Buffer.from(good);
      bad[Math.floor(bad.length / 2)] = (bad[Math.floor(bad.length / 2)] ?? 0) ^ 1;
      writeFileSync(file, bad);
    },
    short: () => truncateSync(file, good.length - 1),
  };
  for (const [name, damage] of Object.entries(damages)) {
    damage();
    const made = await ann.must<{ id: string }>(202, 'POST', `/api/backups/${backup.id}/restore`, { name }, { prefer: 'wait=30' });
    const failed = await ann.until(made.id, 'the restore to fail', ({ status }) => status === 'failed');
    assert.equal(failed.reason?.code, 'backup_damaged', JSON.stringify(failed.reason));
    assert.match(failed.reason?.message ?? '', /checksum|bytes and should have/);
    assert.equal(failed.nextTryAt, null);
    await ann.delete(made.id);
    assert.equal(statSync(file).size, name === 'short' ? good.length - 1 : good.length, 'the files are left as they are');
  }
  writeFileSync(file, good);
  const restored = await ann.restore(backup.id);
  assert.deepEqual(await read('redis', await ann.connection(restored.id)), [1]);
}

/** Who may see, fetch, delete and restore them. */
async function throughTheApi(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const [bob, boss] = [await makePerson(server, 'bob'), await admin(server)];
  const { id } = await withData(scene, 'redis', 'listed');
  const backup = await ann.deleteKeeping(id);
  assert.deepEqual(await ann.must<BackupView>(200, 'GET', `/api/backups/${backup.id}`), backup);
  const listed = async (person: Person, query = ''): Promise<string[]> => (await person.must<{ items: BackupView[] }>(200, 'GET', `/api/backups${query}`)).items.map((one) => one.id);
  assert.ok((await listed(ann)).includes(backup.id));
  assert.deepEqual(await listed(bob), []);
  assert.ok(!(await listed(boss)).includes(backup.id));
  assert.ok((await listed(boss, '?all=true')).includes(backup.id));
  await bob.refused('forbidden', 'GET', '/api/backups?all=true');
  const days = (Date.parse(backup.expiresAt) - Date.parse(backup.createdAt)) / 86_400_000;
  assert.ok(days > 6.99 && days < 7.01, `kept for ${String(days)} days`);

  for (const [method, part] of [['GET', ''], ['GET', '/download'], ['DELETE', ''], ['POST', '/restore']] as const) await bob.refused('not_found', method, `/api/backups/${backup.id}${part}`);
  await bob.refused('not_found', 'POST', '/api/containers', { restoreFrom: backup.id, name: 'mine' });
  await ann.refused('invalid_request', 'POST', '/api/containers', { restoreFrom: backup.id, template: 'postgresql', name: 'other-kind' });
  assert.ok(!JSON.stringify(backup).includes('password'));

  const response = await fetch(`${server.url}/api/backups/${backup.id}/download`, { headers: { authorization: `Bearer ${ann.token}` } });
  assert.equal(response.status, 200);
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(createHash('sha256').update(bytes).digest('hex'), backup.files[0]?.sha256);
  assert.match(response.headers.get('content-disposition') ?? '', new RegExp(`attachment; filename="${backup.slug}-[\\d-]+-dump.rdb.gz"`));

  // An admin restores what is somebody else's: it stays theirs.
  const restored = await boss.restore(backup.id);
  assert.equal(restored.owner, 'ann');
  assert.deepEqual(await read('redis', await ann.connection(restored.id)), [1]);

  await ann.must(204, 'DELETE', `/api/backups/${backup.id}`);
  assert.ok(!existsSync(path.join(server.home, 'backups', backup.id)));
  for (const [method, part] of [['GET', ''], ['GET', '/download'], ['DELETE', ''], ['POST', '/restore']] as const) await ann.refused('not_found', method, `/api/backups/${backup.id}${part}`);
}

/** Asked for at the first deletion or later; and where there is nothing. */
async function withoutBackup(scene: Scene): Promise<void> {
  const { ann } = scene;
  const { id } = await withData(scene, 'redis', 'unwanted');
  await ann.delete(id);
  const items = (await ann.must<{ items: BackupView[] }>(200, 'GET', '/api/backups?limit=200')).items;
  assert.ok(!items.some(({ container }) => container === id));
}
