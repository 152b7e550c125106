/** What befalls backups and restores, the same on every runtime. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BackupView } from '../../../src/api/schemas/backup.ts';
import { createBackupFiles } from '../../../src/backups/index.ts';
import { passwordContext } from '../../../src/domain/ports/secret-box.ts';
import { systemClock } from '../../../src/main/clock.ts';
import { openSecretBox, openStore } from '../../../src/store/index.ts';
import { backupDirectory } from '../../support/backup-directory.ts';
import { read, withPostgresql, withRedis, write } from '../../support/clients.ts';
import type { Family } from '../../support/clients.ts';
import { admin, makePerson, type Person } from '../../support/person.ts';
import type { TestServer } from '../../support/server.ts';
import { addBackup } from '../../support/store.ts';
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
  'a backup that its owner has no room for removes nothing, is told, and is made once there is room': overQuota,
  'what tries that were cut off hold is given back before there is looked for room': remainsOfTries,
  'a change of the password that was cut off right before the deletion: the restored one has the password that is shown': cutOffRotation,
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
    await waitFor(() => confirmed > 50, { what: 'some writes to be confirmed', timeoutMs: 60_000 }); // each on the disk
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

/** All of it: refused at once. Too little of it: found out while it is written. What is held back counts as one that they have. */
async function overQuota({ server }: Scene): Promise<void> {
  const [bob, boss] = [await makePerson(server, 'robert', { instances: 2, backupBytes: 3 * 2 ** 20 }), await admin(server)];
  const profile = async (): Promise<{ id: string; quota: { backupBytes: number }; usage: { backupBytes: number } }> => bob.must(200, 'GET', '/api/users/profile');
  const { id: userId } = await profile();
  const quota = async (backupBytes: number): Promise<unknown> => boss.must(200, 'PATCH', `/api/users/${userId}`, { quota: { backupBytes } });
  const filled = async (name: string): Promise<string> => {
    const { id } = await bob.create({ template: 'redis', name, resources: { memory: '64MB' } });
    await withRedis(await bob.connection(id), (client) => client.set('large', randomBytes(2 * 2 ** 20))); // cannot be made smaller
    return id;
  };
  const first = await bob.deleteKeeping(await filled('first'));
  assert.deepEqual([(await profile()).usage.backupBytes, (await profile()).quota.backupBytes], [first.bytes, 3 * 2 ** 20]);
  const figures = (await server.api<string>('GET', '/metrics')).body;
  assert.ok(Number(/^dbmaker_backup_bytes (\d+)$/m.exec(figures)?.[1]) >= first.bytes);

  const second = await filled('second');
  await bob.must(202, 'DELETE', `/api/containers/${second}`);
  const told = await bob.until(second, 'the failure to be told', ({ reason }) => reason !== null);
  assert.deepEqual([told.status, told.reason?.code], ['deleting', 'quota_exceeded']);
  assert.match(told.reason?.message ?? '', /^Nothing was removed, as the final backup failed: A backup takes more than the 1 MB that are left of the 3 MB for backups\. Delete older backups.*backup=false/);
  assert.equal((await eventsOf(bob, second)).filter(({ type }) => type === 'instance.backup-failed').length, 1);
  assert.ok(existsSync(path.join(server.home, 'instances', second, 'data')));
  await waitFor(async () => (await profile()).usage.backupBytes === first.bytes, { what: 'what half a backup had claimed to be given back' });
  assert.deepEqual((await bob.must<{ items: BackupView[] }>(200, 'GET', '/api/backups')).items.map(({ id }) => id), [first.id]);

  await quota(first.bytes);
  const third = await filled('third');
  await bob.refused('quota_exceeded', 'POST', '/api/containers', { template: 'redis', name: 'fourth' });
  const refused = await bob.refused('quota_exceeded', 'DELETE', `/api/containers/${third}`);
  assert.match(`${refused.detail} ${refused.remedy ?? ''}`, /^All of the 2 MB for backups are in use\. Delete older backups/);
  assert.deepEqual([(await bob.get(third)).status, (await bob.get(third)).desired], ['running', 'running'], 'nothing was done');
  await bob.delete(third);

  // Room is made, in the one way and in the other.
  await bob.must(204, 'DELETE', `/api/backups/${first.id}`);
  await quota(3 * 2 ** 20);
  const backup = await bob.deleteKeeping(second);
  const restored = await bob.restore(backup.id);
  assert.equal(await withRedis(await bob.connection(restored.id), (client) => client.strlen('large')), 2 * 2 ** 20);
  await bob.delete(restored.id);
}

/** Of two backups that were being made at a kill each holds what the other one lacks, by a quota that was made smaller. */
async function remainsOfTries({ server }: Scene): Promise<void> {
  const claimed = 2 * 2 ** 20;
  const [bob, boss] = [await makePerson(server, 'roberta', { backupBytes: 2 * claimed }), await admin(server)];
  const { id: userId } = await bob.must<{ id: string }>(200, 'GET', '/api/users/profile');
  const ids = await Promise.all(['one', 'two'].map(async (name) => (await withData({ server, ann: bob }, 'redis', `cut-off-${name}`)).id));
  await boss.must(200, 'PATCH', `/api/users/${userId}`, { quota: { backupBytes: claimed } });
  await server.kill('SIGKILL');
  const store = await openStore({ home: server.home, databaseUrl: null, clock: systemClock });
  try {
    const user = await store.users.get(userId);
    assert.ok(user);
    await store.users.update(userId, { quota: { ...user.quota, backupBytes: 2 * claimed } });
    for (const id of ids) {
      // One that the server held when it was killed has to end first.
      await waitFor(() => store.instances.acquireLease(id, 'backup', 1000), { what: `the lease of ${id}`, timeoutMs: 60_000 });
      const instance = await store.instances.change(id, { desired: 'deleted', finalBackup: true });
      const place = await addBackup(store, instance, { expiresAt: null });
      await store.backups.claim(place, { need: claimed, wish: claimed });
      await (await createBackupFiles(server.home).begin(place, { claim: async () => undefined })).file('half', async (output) => void output.end('half of it'));
    }
    await store.users.update(userId, { quota: user.quota });
  } finally {
    await store.close();
  }
  await server.start();
  for (const id of ids) await waitFor(async () => (await bob.ask('GET', `/api/containers/${id}`)).status === 404, { what: `${id} to be gone`, timeoutMs: 60_000 });
  const { items } = await bob.must<{ items: BackupView[] }>(200, 'GET', '/api/backups');
  assert.equal(items.length, 2);
  const { usage } = await bob.must<{ usage: { backupBytes: number } }>(200, 'GET', '/api/users/profile');
  assert.equal(usage.backupBytes, items.reduce((sum, { bytes }) => sum + bytes, 0));
  for (const { id } of items) assert.ok(!readdirSync(path.join(server.home, 'backups', id), { recursive: true }).some((name) => String(name).endsWith('half')));
}

/** Applied in the database, and the server was killed before it could say so; or not even applied. */
async function cutOffRotation(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const cut = await Promise.all((['postgresql', 'redis'] as const).flatMap((family) => [true, false].map(async (applied) => {
    const { id, login } = await withData(scene, family, `cut-${family}-${applied ? 'applied' : 'wanted'}`);
    const next = `next-${randomBytes(12).toString('hex')}`;
    return { id, login, family, applied, next };
  })));
  for (const { family, login, applied, next } of cut) {
    if (!applied) continue;
    if (family === 'redis') await withRedis(login, async (client) => { await client.acl('SETUSER', login.username, 'resetpass', `>${next}`); await client.acl('SAVE'); });
    else await withPostgresql(login, (client) => client.query(`ALTER ROLE ann PASSWORD '${next}'`));
  }
  await server.kill('SIGKILL');
  const store = await openStore({ home: server.home, databaseUrl: null, clock: systemClock });
  try {
    const box = await openSecretBox({ home: server.home, key: null });
    for (const { id, next } of cut) {
      await store.instances.change(id, { nextPassword: box.seal(next, passwordContext(id)) });
      await store.instances.change(id, { desired: 'deleted', finalBackup: true });
    }
  } finally {
    await store.close();
  }
  await server.start();
  await Promise.all(cut.map(async ({ id, family, next, login: before, applied }) => {
    await waitFor(async () => (await ann.ask('GET', `/api/containers/${id}`)).status === 404, { what: `${id} to be gone`, timeoutMs: 100_000 });
    const { items } = await ann.must<{ items: BackupView[] }>(200, 'GET', '/api/backups?limit=200');
    const restored = await ann.restore(items.find(({ container }) => container === id)?.id ?? '');
    const login = await ann.connection(restored.id);
    assert.equal(login.password, next, `the change goes on (${family}, ${String(applied)})`);
    assert.deepEqual(await read(family, login), [1]);
    await assert.rejects(read(family, { ...login, password: before.password }), /password|WRONGPASS/);
    assert.equal((await ann.get(restored.id)).reason, null);
    await ann.delete(restored.id);
  }));
}
