import assert from 'node:assert/strict';
import { chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineTarget } from '../../src/domain/ports/engine.ts';
import type { Workload } from '../../src/domain/ports/runtime.ts';
import { withSession as withPostgresql } from '../../src/engines/postgresql/session.ts';
import { withSession as withRedis } from '../../src/engines/redis/session.ts';
import { dockerWorld } from '../contract/runtime/docker-world.ts';
import { collect, makeWorkload, ready, targetOf } from '../contract/runtime/world.ts';
import { type DockerHome, dockerHome } from '../support/docker-home.ts';
import { POSTGRESQL_IMAGE, REDIS_IMAGE, ensureDocker, ensureImages } from '../support/docker.ts';
import { waitFor } from '../support/wait.ts';

let socketPath: string;

before(async () => {
  socketPath = await ensureDocker();
  await ensureImages();
});

const POSTGRESQL = { uid: 10015, data: '/var/lib/postgresql/data' };

/** As anybody would run the image: nothing but its environment. */
function plain(engine: 'postgresql' | 'redis', environment: Record<string, string>): Workload {
  return { ...makeWorkload(engine, engine === 'redis' ? REDIS_IMAGE : POSTGRESQL_IMAGE), command: null, environment };
}

async function start(home: DockerHome, workload: Workload): Promise<EngineTarget> {
  await home.runtime.create(workload);
  await home.runtime.start(workload);
  return ready(dockerWorld(home), workload);
}

/** Starts what cannot start; its last words. */
async function refusal(home: DockerHome, workload: Workload): Promise<string> {
  await home.runtime.create(workload);
  await home.runtime.start(workload);
  await waitFor(async () => (await home.runtime.observe(workload.id)).exitCode === 1, { what: 'exit code 1', timeoutMs: 30_000 });
  return (await collect(home.runtime.logs(workload.id, { tail: 10, follow: false }))).map(({ text }) => text).join('\n');
}

const rows = (target: EngineTarget, sql: string): Promise<unknown[]> => withPostgresql(target, async (session) => (await session.rows(sql)).map((row) => Object.values(row)[0]));

test('postgresql: names and passwords are data, whatever they hold', async () => {
  await using home = await dockerHome(socketPath);
  const cases = [
    { POSTGRES_USER: 'ann', POSTGRES_PASSWORD: '\'; DROP ROLE "ann"; --', POSTGRES_DB: 'ann_db' },
    { POSTGRES_USER: 'Ann "the" O\'Hara', POSTGRES_PASSWORD: ' $(id) `id` $HOME \\ \\\' "" %s %n * ? ~ ü € ', POSTGRES_DB: 'a; "b" \'c\'' },
    { POSTGRES_PASSWORD: '\\' }, // user and database: postgres
    { POSTGRES_USER: 'ann', POSTGRES_PASSWORD: '-n', POSTGRES_DB: 'postgres' },
  ];
  for (const environment of cases) {
    const workload = plain('postgresql', environment);
    await home.runtime.create(workload);
    await home.runtime.start(workload);
    const user = environment.POSTGRES_USER ?? 'postgres';
    const database = environment.POSTGRES_DB ?? user;
    const target = { ...targetOf(dockerWorld(home), workload), username: user, database };
    await waitFor(() => rows(target, 'SELECT 1'), { what: `a login as ${user}`, timeoutMs: 30_000, explain: async () => (await collect(home.runtime.logs(workload.id, { tail: 9, follow: false }))).map(({ text }) => text).join('\n') });
    assert.deepEqual(await rows(target, 'SELECT current_database()'), [database]);
    assert.deepEqual(await rows(target, 'SELECT rolname FROM pg_roles WHERE rolcanlogin'), [user]);
    assert.deepEqual(await rows(target, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user'), ['t']);
    assert.deepEqual(await rows(target, 'SELECT datname FROM pg_database ORDER BY 1'), [...new Set([database, 'postgres', 'template0', 'template1'])].sort());
    assert.deepEqual(await rows(target, 'SELECT count(*) FROM pg_authid WHERE rolpassword NOT LIKE \'SCRAM-SHA-256$%\''), ['0']);
    assert.deepEqual(await rows(target, 'SHOW data_checksums'), ['on']);
    await assert.rejects(rows({ ...target, password: 'wrong' }, 'SELECT 1'), { code: 'access_denied' });
    await home.runtime.remove(workload.id);
  }
});

test('postgresql: nobody gets in without a password, and the environment counts at the first start only', async () => {
  await using home = await dockerHome(socketPath);
  const workload = plain('postgresql', { POSTGRES_USER: 'ann', POSTGRES_PASSWORD: 'first', POSTGRES_DB: 'ann_db' });
  const target = await start(home, workload);
  for (const username of ['ann', 'postgres', 'dbmaker_system', 'dbmaker_owner']) {
    for (const password of ['', 'x']) await assert.rejects(rows({ ...target, username, password }, 'SELECT 1'), { code: 'access_denied' }, `${username} with '${password}'`);
  }
  const { stdout, stderr } = await home.runtime.exec(workload.id, ['psql', '-h', '127.0.0.1', '-U', 'ann', '-w', '-c', 'SELECT 1', 'ann_db']);
  assert.match(stdout + stderr, /no password supplied/);
  assert.deepEqual(await rows(target, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules'), ['scram-sha-256']);
  const changed = { ...workload, fingerprint: 'b', environment: { POSTGRES_USER: 'bob', POSTGRES_PASSWORD: 'second', POSTGRES_DB: 'bob_db' } };
  await home.runtime.create(changed);
  await home.runtime.start(changed);
  await ready(dockerWorld(home), workload);
  await assert.rejects(rows({ ...target, username: 'bob', password: 'second' }, 'SELECT 1'), { code: 'access_denied' });
});

test('postgresql: what cannot be is refused in words, and nothing is touched', async () => {
  await using home = await dockerHome(socketPath);
  assert.match(await refusal(home, plain('postgresql', {})), /POSTGRES_PASSWORD is not set/);
  assert.match(await refusal(home, plain('postgresql', { POSTGRES_PASSWORD: 'two\nlines' })), /POSTGRES_PASSWORD holds a control character/);
  assert.match(await refusal(home, plain('postgresql', { POSTGRES_PASSWORD: 'x', POSTGRES_USER: 'pg_x' })), /reserved/);
  assert.match(await refusal(home, plain('postgresql', { POSTGRES_PASSWORD: 'x', POSTGRES_DB: 'template1' })), /reserved/);
  assert.match(await refusal(home, plain('postgresql', { POSTGRES_PASSWORD: 'x', POSTGRES_USER: 'u'.repeat(64) })), /longer than 63/);
  assert.match(await refusal(home, plain('postgresql', { POSTGRES_PASSWORD: 'x', POSTGRES_PASSWORD_FILE: '/x' })), /both set/);
  assert.match(await refusal(home, plain('postgresql', { POSTGRES_PASSWORD_FILE: '/nowhere' })), /\/nowhere, which cannot be read/);

  const workload = plain('postgresql', { POSTGRES_PASSWORD: 'x' });
  await home.runtime.create(workload);
  const data = path.join(home.path, 'instances', workload.id, 'data');
  await writeFile(path.join(data, '.precious'), 'x');
  assert.match(await refusal(home, workload), /neither empty nor a PostgreSQL cluster \(it holds '.precious'\)/);
  assert.deepEqual(await readdir(data), ['.precious']);
});

test('postgresql: an unfinished first start begins anew, however often it is killed', async () => {
  await using home = await dockerHome(socketPath);
  const workload = plain('postgresql', { POSTGRES_PASSWORD: 'x' });
  const target = { ...targetOf(dockerWorld(home), workload), username: 'postgres', database: 'postgres' };
  await home.runtime.create(workload);
  const data = path.join(home.path, 'instances', workload.id, 'data');
  // As a kill in the middle of the copy leaves it.
  await mkdir(path.join(data, 'base'));
  for (const name of ['dbmaker.initialising', 'PG_VERSION', 'base/junk']) await writeFile(path.join(data, name), '15\n');
  for (const name of ['dbmaker.initialising', 'PG_VERSION', 'base/junk', 'base']) await chown(path.join(data, name), POSTGRESQL.uid, POSTGRESQL.uid);
  for (const delayMs of [5, 20, 40, 60, 90, 130, 180]) {
    await home.runtime.start(workload);
    await pause(delayMs);
    await home.docker('kill', `dbmaker-${workload.id}`);
    await waitFor(async () => (await home.runtime.observe(workload.id)).state === 'exited', { what: 'the end' });
  }
  await home.runtime.start(workload);
  await waitFor(() => rows(target, 'SELECT 1'), { what: 'a login', timeoutMs: 30_000 });
  assert.deepEqual((await readdir(path.join(data, 'base'))).includes('junk'), false);
  assert.deepEqual((await readdir(data)).includes('dbmaker.initialising'), false);
  await rows(target, 'CREATE TABLE public.kept ()');
  await home.docker('kill', `dbmaker-${workload.id}`);
  await waitFor(async () => (await home.runtime.observe(workload.id)).state === 'exited', { what: 'the end' });
  await home.runtime.start(workload);
  await waitFor(() => rows(target, 'SELECT 1'), { what: 'a login', timeoutMs: 30_000 });
  assert.deepEqual(await rows(target, 'SELECT count(*) FROM public.kept'), ['0']);
  const { stdout } = await home.runtime.exec(workload.id, ['sh', '-c', 'pg_controldata | grep -c "in production"']);
  assert.equal(stdout.trim(), '1');
});

test('redis: only the user of the environment gets in; a restart and a changed environment change nothing', async () => {
  await using home = await dockerHome(socketPath);
  const workload = plain('redis', { REDIS_USERNAME: 'ann-redis-x1', REDIS_PASSWORD: ' a "b" \'c\' $(id) #>< ü ' });
  const target = await start(home, workload);
  const command = (who: EngineTarget, ...words: [string, ...string[]]): Promise<unknown> => withRedis(who, (session) => session.command(...words));
  assert.equal(await command(target, 'SET', 'kept', 'yes'), 'OK');
  assert.equal(await command(target, 'ACL', 'WHOAMI'), 'ann-redis-x1');
  assert.equal((await command(target, 'ACL', 'LIST') as string[]).filter((user) => user.includes(' on ')).length, 1);
  for (const [username, password] of [['default', ''], ['default', 'x'], ['ann-redis-x1', 'x'], ['nobody', 'x']] as const) {
    await assert.rejects(command({ ...target, username, password }, 'GET', 'kept'), { code: 'access_denied' }, username);
  }
  assert.deepEqual(await command(target, 'CONFIG', 'GET', 'appendonly'), ['appendonly', 'yes']);
  const changed = { ...workload, fingerprint: 'b', environment: { REDIS_USERNAME: 'bob', REDIS_PASSWORD: 'second' } };
  await home.runtime.create(changed);
  await home.runtime.start(changed);
  await ready(dockerWorld(home), workload);
  assert.equal(await command(target, 'GET', 'kept'), 'yes');
  await assert.rejects(command({ ...target, username: 'bob', password: 'second' }, 'PING'), { code: 'access_denied' });
});

test('redis: what cannot be is refused in words', async () => {
  await using home = await dockerHome(socketPath);
  assert.match(await refusal(home, plain('redis', {})), /REDIS_PASSWORD is not set/);
  assert.match(await refusal(home, plain('redis', { REDIS_USERNAME: 'a b', REDIS_PASSWORD: 'x' })), /REDIS_USERNAME holds a space/);
});

test('our images hold no secret and no root, and are stopped the way their engine wants', async () => {
  for (const [image, user, signal] of [[POSTGRESQL_IMAGE, '10015:10015', 'SIGINT'], [REDIS_IMAGE, '10016:10016', '']] as const) {
    await using home = await dockerHome(socketPath);
    const [config] = JSON.parse(await home.docker('image', 'inspect', image)) as [{ Config: { User: string; StopSignal?: string; Env: string[]; Volumes: unknown } }];
    assert.equal(config.Config.User, user);
    assert.equal(config.Config.StopSignal ?? '', signal);
    assert.equal(config.Config.Volumes ?? null, null);
    assert.doesNotMatch(config.Config.Env.join('\n'), /PASSWORD|SECRET|proxy/i);
    assert.doesNotMatch(await home.docker('history', '--no-trunc', image), /PASSWORD=|proxy/i);
    const setuid = await home.docker('run', '--rm', '--network', 'none', '--user', '0', '--entrypoint', 'find', image, '/usr', '/etc', '-xdev', '-perm', '/6000', '-type', 'f');
    assert.equal(setuid.trim(), '', 'no program that changes its user');
  }
});
