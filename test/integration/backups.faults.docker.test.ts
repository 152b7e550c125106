import assert from 'node:assert/strict';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { read, withPostgresql, withRedis, write } from '../support/clients.ts';
import { ensureImages } from '../support/docker.ts';
import { admin } from '../support/person.ts';
import { backupDirectory } from '../support/backup-directory.ts';
import { run } from '../support/run.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { allProcesses } from '../support/world.ts';
import { COMMON, type Fault, type Scene, eventsOf, sceneOn, withData } from './backups/faults.ts';

test('final backups on Docker: what can go wrong', { timeout: 600_000 }, async (t) => {
  await ensureImages();
  await using server = await startServer({ runtime: 'docker' });
  const scene = await sceneOn(server);
  const faults: Readonly<Record<string, Fault>> = {
    ...COMMON,
    'a pg_dump that is killed removes nothing, is told, and is tried again': pgDumpKilled,
    'where the login was changed by hand, the stopped data directory is archived': passwordChanged,
    'a database that cannot be started any more is archived as it is, and that is noted': cannotStart,
    'transactions that were prepared for a commit in two phases are kept: the stopped data directory is archived': prepared,
    'data that are gone are no reason to forget the database': dataGone,
    'any other kind of database: its stopped data directory': generic,
    'an image that begins as root: its programs run as the owner of the data': rootImage,
    'a Redis that left out parts of its log when it started is not dumped: its files are kept': logLeftOut,
    'the download of PostgreSQL is a tar that pg_restore understands': download,
  };
  for (const [name, fault] of Object.entries(faults)) await t.test(name, () => fault(scene));
});

/** The dump is killed each time that it is seen, three times; the fourth way would be the archive, which is not needed. */
async function pgDumpKilled(scene: Scene): Promise<void> {
  const { ann } = scene;
  const { id, login } = await withData(scene, 'postgresql', 'dying');
  await withPostgresql(login, async (client) => client.query(`CREATE TABLE large AS SELECT n, md5(n::text) || md5((n * 7)::text) AS text FROM generate_series(1, 600000) n`));
  await ann.must(202, 'DELETE', `/api/containers/${id}`);
  const container = (await run('docker', ['inspect', '--format', '{{.Id}}', `dbmaker-${id}`])).trim();
  await waitFor(async () => {
    const dump = (await allProcesses()).find(({ command }) => command.startsWith('pg_dump -Fc'));
    if (dump === undefined) return false;
    assert.ok((await run('cat', [`/proc/${String(dump.pid)}/cgroup`])).includes(container));
    process.kill(dump.pid, 'SIGKILL');
    return true;
  }, { what: 'a pg_dump to kill', timeoutMs: 30_000, intervalMs: 2 });
  const told = await ann.until(id, 'the failure to be told', ({ reason }) => reason !== null);
  assert.equal(told.status, 'deleting');
  assert.match(told.reason?.message ?? '', /^Nothing was removed, as the final backup failed: pg_dump ended with 137/);
  assert.ok(told.nextTryAt !== null && told.attempts === 1);
  assert.ok(existsSync(path.join(scene.server.home, 'instances', id, 'data')));
  const { type, message } = (await eventsOf(ann, id)).at(-1) ?? { type: '', message: '' };
  assert.equal(type, 'instance.backup-failed');
  assert.match(message, /pg_dump/);
  const backup = await ann.deleteKeeping(id);
  assert.equal(backup.format, 'pg_dump');
  const restored = await ann.restore(backup.id);
  await withPostgresql(await ann.connection(restored.id), async (client) => {
    assert.deepEqual((await client.query('SELECT count(*)::int AS rows FROM large')).rows, [{ rows: 600_000 }]);
  });
}

async function passwordChanged(scene: Scene): Promise<void> {
  const { ann } = scene;
  await Promise.all((['postgresql', 'redis'] as const).map(async (family) => {
    const { id, login } = await withData(scene, family, `changed-${family}`);
    if (family === 'redis') await withRedis(login, async (client) => { await client.acl('SETUSER', login.username, 'resetpass', '>of-my-own'); await client.acl('SAVE'); });
    else await withPostgresql(login, (client) => client.query(`ALTER ROLE ann PASSWORD 'of-my-own'`));
    const backup = await ann.deleteKeeping(id);
    assert.deepEqual([backup.format, backup.note], ['data', null]);
    const made = await ann.must<{ id: string }>(202, 'POST', `/api/backups/${backup.id}/restore`, undefined, { prefer: 'wait=1' });
    const restored = await ann.connection(made.id);
    await waitFor(async () => (await read(family, { ...restored, password: 'of-my-own' })).length === 1, { what: 'the data under the password of before', timeoutMs: 20_000, intervalMs: 200 });
  }));
}

/** PREPARE TRANSACTION is a promise that a COMMIT PREPARED will work, and pg_dump knows nothing of it. */
async function prepared(scene: Scene): Promise<void> {
  const { ann } = scene;
  const { id, login } = await withData(scene, 'postgresql', 'two-phases');
  await withPostgresql(login, (client) => client.query('ALTER SYSTEM SET max_prepared_transactions = 5'));
  await ann.act(id, 'restart');
  await withPostgresql(login, async (client) => {
    await client.query('BEGIN');
    await client.query('INSERT INTO kept VALUES (2)');
    await client.query(`PREPARE TRANSACTION 'promised'`);
  });
  const backup = await ann.deleteKeeping(id);
  assert.deepEqual([backup.format, backup.note], ['data', null]);
  const restored = await ann.connection((await ann.restore(backup.id)).id);
  assert.deepEqual(await read('postgresql', restored), [1]);
  await withPostgresql(restored, (client) => client.query(`COMMIT PREPARED 'promised'`));
  assert.deepEqual(await read('postgresql', restored), [1, 2]);
}

async function cannotStart(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const { id } = await withData(scene, 'postgresql', 'broken');
  writeFileSync(path.join(server.home, 'instances', id, 'data', 'postgresql.auto.conf'), 'no such setting at all\n');
  await run('docker', ['kill', `dbmaker-${id}`]);
  const backup = await ann.deleteKeeping(id);
  assert.equal(backup.format, 'data');
  assert.match(backup.note ?? '', /not been ended in good order/);
}

async function dataGone(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const { id } = await withData(scene, 'redis', 'unmounted');
  const data = path.join(server.home, 'instances', id, 'data');
  await ann.act(id, 'stop');
  renameSync(data, `${data}.away`);
  await ann.must(202, 'DELETE', `/api/containers/${id}`);
  const told = await ann.until(id, 'it to be told', ({ reason }) => reason !== null);
  assert.equal(told.reason?.code, 'data_missing');
  assert.match(told.reason?.message ?? '', /backup=false/);
  await ann.delete(id);
}

async function generic(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const boss = await admin(server);
  await boss.must(201, 'POST', '/api/templates', {
    name: 'Plain store', type: 'store', engine: 'generic', image: 'dbmaker/redis:7', defaultPort: 6379, dataPath: '/data', connectionStringTemplate: 'store://{host}:{port}'.replace('{host}', '{subdomain}'),
    environmentVariables: { REDIS_PASSWORD: '{generated_password}' }, protocol: 'tcp',
  });
  const view = await ann.create({ template: 'plain-store', name: 'plain', resources: { memory: '64MB' } });
  const login = { ...await ann.connection(view.id), username: 'default' };
  await write('redis', login, 5);
  const backup = await ann.deleteKeeping(view.id);
  assert.deepEqual([backup.format, backup.engine], ['data', 'generic']);
  await boss.must(204, 'DELETE', '/api/templates/plain-store'); // what it was made of is in the backup
  const restored = await ann.restore(backup.id);
  assert.deepEqual(await read('redis', { ...await ann.connection(restored.id), username: 'default' }), [5]);
}

async function download(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const { id } = await withData(scene, 'postgresql', 'fetched');
  const backup = await ann.deleteKeeping(id);
  const response = await fetch(`${server.url}/api/backups/${backup.id}/download`, { headers: { authorization: `Bearer ${ann.token}` } });
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(String(bytes.length), response.headers.get('content-length'));
  const file = path.join(server.home, 'fetched.tar');
  writeFileSync(file, bytes);
  assert.deepEqual((await run('tar', ['-tf', file])).trim().split('\n'), backup.files.map(({ name }) => name));
  const listing = await run('sh', ['-c', 'tar -xOf "$1" database-1.dump | docker run --rm -i --entrypoint pg_restore dbmaker/postgresql:15 --list', 'sh', file]);
  assert.match(listing, /TABLE DATA public kept ann/);
}

/** As the official images: root first, then somebody else. */
async function rootImage(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const image = `dbm-test/root-postgresql:${path.basename(path.dirname(server.home)).toLowerCase().replaceAll(/[^a-z0-9]/g, '')}`;
  const become = 'chown 10015:10015 /var/lib/postgresql/data /var/run/postgresql; chmod 0700 /var/lib/postgresql/data; exec setpriv --reuid=10015 --regid=10015 --clear-groups /usr/local/bin/dbmaker-postgresql "$@"';
  const dockerfile = `FROM dbmaker/postgresql:15\nUSER root\nENTRYPOINT ${JSON.stringify(['sh', '-c', become, 'sh'])}\nCMD ["postgres"]\n`;
  await run('sh', ['-c', 'printf %s "$1" | docker build -q -t "$2" -', 'sh', dockerfile, image]);
  try {
    const boss = await admin(server);
    await boss.must(201, 'POST', '/api/templates', { name: 'Rooted', type: 'postgresql', engine: 'postgresql', image, defaultPort: 5432, connectionStringTemplate: 'postgresql://{subdomain}' });
    const { id } = await ann.create({ template: 'rooted', name: 'rooted', resources: { memory: '128MB' } });
    await write('postgresql', await ann.connection(id), 7);
    const backup = await ann.deleteKeeping(id);
    assert.equal(backup.format, 'pg_dump');
    const restored = await ann.restore(backup.id);
    assert.deepEqual(await read('postgresql', await ann.connection(restored.id)), [7]);
    await ann.delete(restored.id);
  } finally {
    await run('docker', ['rmi', '-f', image]);
  }
}

async function logLeftOut(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const { id, login } = await withData(scene, 'redis', 'half-a-log');
  await withRedis(login, async (client) => {
    await client.acl('SETUSER', 'default', 'reset'); // then Redis replays no transaction
    await client.acl('SAVE');
    await client.multi().sadd('kept', 2).sadd('kept', 3).exec();
  });
  const backup = await ann.deleteKeeping(id);
  assert.equal(backup.format, 'data');
  const file = path.join(backupDirectory(server.home, backup.id), 'data.tar.gz');
  assert.match(await run('sh', ['-c', 'tar -xzOf "$1" --wildcards "*.incr.aof" | tr -d "\\r"', 'sh', file]), /MULTI\n[^]*EXEC\n/);
}
