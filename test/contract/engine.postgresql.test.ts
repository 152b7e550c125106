import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import type { EngineTarget } from '../../src/domain/ports/engine.ts';
import { postgresql } from '../../src/engines/postgresql/engine.ts';
import { scramVerifier } from '../../src/engines/postgresql/scram.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createConnect } from '../../src/net/connect.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { waitFor } from '../support/wait.ts';
import { engineContract, type EngineServer } from './engine.ts';

/** One cluster for all tests; each gets a superuser (as official images make one) and a database of its own. */
let cluster: TestPostgres;
let logins = 0;
const connectSocket = createConnect(systemClock);
const root = (): string => path.dirname(cluster.socketDir);
const log = (): string => readFileSync(path.join(root(), 'log'), 'utf8');

before(async () => {
  cluster = await startPostgres();
  await asAdmin(`ALTER SYSTEM SET log_statement = 'all'`, `ALTER SYSTEM SET log_min_duration_statement = 0`, `ALTER SYSTEM SET log_connections = on`, 'SELECT pg_reload_conf()');
});
after(() => cluster.dispose());

async function asClient(login: { user: string; password: string; database: string }): Promise<pg.Client> {
  const client = new pg.Client({ host: cluster.socketDir, ...login });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function asAdmin(...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = await asClient({ user: cluster.user, password: cluster.password, database: 'postgres' });
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

interface LoginOptions {
  readonly username?: string;
  readonly database?: string;
  readonly attributes?: string;
  readonly createDatabase?: boolean;
}

/** Statements hold the verifier only, so that the log stays free of passwords. */
async function newLogin(options: LoginOptions = {}): Promise<EngineTarget> {
  logins += 1;
  const { username = `ada${String(logins)}`, database = `ada${String(logins)}_db`, attributes = 'SUPERUSER', createDatabase = true } = options;
  const password = randomBytes(12).toString('hex');
  await asAdmin(`CREATE ROLE ${pg.escapeIdentifier(username)} LOGIN ${attributes} PASSWORD '${scramVerifier(password)}'`);
  if (createDatabase) await asAdmin(`CREATE DATABASE ${pg.escapeIdentifier(database)} OWNER ${pg.escapeIdentifier(username)}`);
  return { connect: () => connectSocket({ kind: 'unix', directory: cluster.socketDir, name: '.s.PGSQL.5432' }), username, password, database, clock: systemClock };
}

const clientOf = (target: EngineTarget): Promise<pg.Client> => asClient({ user: target.username, password: target.password, database: target.database });

async function start(): Promise<EngineServer> {
  const target = await newLogin();
  const answers = (): Promise<boolean> => asAdmin('SELECT 1').then(() => true, () => false);
  return {
    target,
    dataPath: path.join(root(), 'data'),
    log,
    async crash() {
      await waitFor(answers, { what: 'the cluster, before it is crashed', timeoutMs: 30_000 });
      // The death of one backend makes the postmaster end all others and recover, as after a power cut.
      const admin = { user: cluster.user, password: cluster.password, database: 'postgres' };
      const [client, witness] = [await asClient(admin), await asClient(admin)];
      const noticed = new Promise((resolve) => void witness.once('end', resolve));
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      process.kill(rows[0]!.pid, 'SIGKILL');
      await client.end().catch(() => undefined); // it is dead
      await noticed; // on a busy machine the postmaster lets others in for a while before it finds the dead one
    },
    async applyOnly(nextPassword) {
      await asAdmin(`ALTER ROLE ${pg.escapeIdentifier(target.username)} PASSWORD '${scramVerifier(nextPassword)}'`);
    },
    async fill(bytes) {
      const client = await clientOf(target);
      await client.query(`CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, ${String(Math.ceil(bytes / 1000))})`);
      await client.end();
    },
    async session() {
      const client = await clientOf(target);
      return { use: () => client.query('SELECT 1'), [Symbol.asyncDispose]: () => client.end() };
    },
    async [Symbol.asyncDispose]() {
      await waitFor(answers, { what: 'the cluster to be up for the next test', timeoutMs: 30_000 });
    },
  };
}

engineContract(postgresql, /^15\.\d+$/, start);

describe('engine postgresql', () => {
  const exists = async (database: string): Promise<boolean> => (await asAdmin(`SELECT 1 FROM pg_database WHERE datname = ${pg.escapeLiteral(database)}`)).length === 1;

  for (const name of [`o'brien"; DROP DATABASE postgres; --`, 'Ünï çödé 数据库 🐘', '$1 %s {username} \\']) {
    test(`names are data, never SQL: ${name}`, async () => {
      const target = await newLogin({ username: `u ${name}`, database: `d ${name}`, createDatabase: false });
      assert.deepEqual(await postgresql.probe(target), { state: 'ready' });
      await Promise.allSettled([postgresql.ensureAccess(target, { dataPath: null }), postgresql.ensureAccess(target, { dataPath: null })]);
      await postgresql.ensureAccess(target, { dataPath: null });
      assert.ok(await exists(target.database));
      await postgresql.rotatePassword(target, 'another-password');
      assert.deepEqual(await postgresql.probe({ ...target, password: 'another-password' }), { state: 'ready' });
      assert.ok(await exists('postgres'));
    });
  }

  test('a plain role may own the database; what it may not see is refused, not guessed', async () => {
    const target = await newLogin({ attributes: 'CREATEDB', createDatabase: false });
    await postgresql.ensureAccess(target, { dataPath: null });
    assert.ok(await exists(target.database));
    await assert.rejects(postgresql.ensureAccess(target, { dataPath: root() }), { code: 'data_misplaced' });
    assert.ok((await postgresql.size(target)) > 0);
  });

  test('settings that an owner puts on the role or the database do not disturb us', async () => {
    const target = await newLogin();
    const role = pg.escapeIdentifier(target.username);
    const settings = [
      'default_transaction_read_only = on', 'statement_timeout = 1', 'lock_timeout = 1', `search_path = 'public'`, `role = 'pg_monitor'`, `password_encryption = 'md5'`,
      'synchronous_commit = off', `client_encoding = 'LATIN1'`,
    ];
    await asAdmin(...settings.map((setting) => `ALTER ROLE ${role} SET ${setting}`));
    await postgresql.ensureAccess({ ...target, database: `${target.database}_2` }, { dataPath: root() });
    await postgresql.rotatePassword(target, 'another-password');
    assert.deepEqual(await postgresql.probe({ ...target, password: 'another-password' }), { state: 'ready' });
  });

  for (const method of ['trust', 'md5', 'password']) {
    test(`a pg_hba.conf that says ${method} anywhere is refused`, async () => {
      const target = await newLogin();
      const file = path.join(root(), 'data/pg_hba.conf');
      const original = readFileSync(file, 'utf8');
      try {
        writeFileSync(file, `${original}\nhost all nobody_special 203.0.113.7/32 ${method}\n`);
        await assert.rejects(postgresql.ensureAccess(target, { dataPath: null }), { code: 'access_denied', message: new RegExp(`Line \\d+ of its pg_hba.conf says ${method}`) });
      } finally {
        writeFileSync(file, original);
      }
      await postgresql.ensureAccess(target, { dataPath: null });
    });
  }

  test('a server that asks for no password proves nothing: neither access nor a rotation is accepted', async () => {
    const target = await newLogin();
    const file = path.join(root(), 'data/pg_hba.conf');
    const original = readFileSync(file, 'utf8');
    const trusted = (): Promise<boolean> => postgresql.probe({ ...target, password: 'wrong' }).then(() => true, () => false);
    try {
      writeFileSync(file, `local all ${target.username} trust\n${original}`);
      await asAdmin('SELECT pg_reload_conf()');
      await waitFor(trusted, { what: 'the server to trust' });
      await assert.rejects(postgresql.ensureAccess(target, { dataPath: null }), { code: 'access_denied' });
      await assert.rejects(postgresql.rotatePassword(target, 'another-password'), { code: 'access_denied' });
    } finally {
      writeFileSync(file, original);
      await asAdmin('SELECT pg_reload_conf()');
    }
    await waitFor(async () => !(await trusted()), { what: 'the server to ask for passwords again' });
  });

  test('md5 as the way to store passwords is put right', async () => {
    const target = await newLogin();
    const setting = async (): Promise<unknown> => (await asAdmin('SHOW password_encryption'))[0]?.['password_encryption'];
    await asAdmin(`ALTER SYSTEM SET password_encryption = 'md5'`, 'SELECT pg_reload_conf()');
    await waitFor(async () => (await setting()) === 'md5', { what: 'the bad setting' });
    await postgresql.ensureAccess(target, { dataPath: null });
    await waitFor(async () => (await setting()) === 'scram-sha-256', { what: 'the setting to be put right' });
  });

  test('the server that an official image runs while it sets up is not taken for the real one', async () => {
    // As its entrypoint starts it: with our arguments, and then a port.
    const { command } = postgresql.launch({
      slug: 's', username: 'u', password: 'p', database: 'd', memoryBytes: 256 * 1024 * 1024, socketDirectory: '/tmp', socketName: '.s.PGSQL.5432',
      dataPath: null, port: 5432, command: null, environment: {},
    });
    const mark = command?.find((argument) => argument.startsWith('dbmaker.')) ?? '';
    for (const [settings, state] of [[[mark], 'ready'], [['port=5432'], 'ready'], [[mark, 'port=5432'], 'starting']] as const) {
      await using server = await startPostgres({ settings });
      const connect = (): Promise<Socket> => connectSocket({ kind: 'unix', directory: server.socketDir, name: '.s.PGSQL.5432' });
      const readiness = await postgresql.probe({ connect, username: server.user, password: server.password, database: 'postgres', clock: systemClock });
      assert.equal(readiness.state, state, settings.join(' '));
    }
  });
});
