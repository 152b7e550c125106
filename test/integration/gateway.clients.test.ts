/** What people's clients do at the gateway, and what they show when it refuses. On a whole server, with real databases. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { Client, PostgresqlClient, RedisClient, Target } from '../clients/client.ts';
import { answered, each, shown } from '../clients/expect.ts';
import { ioredis } from '../clients/ioredis.ts';
import { jdbc } from '../clients/jdbc.ts';
import { nodePostgres } from '../clients/node-postgres.ts';
import { nodeRedis } from '../clients/node-redis.ts';
import { postgresJs } from '../clients/postgres-js.ts';
import { psql } from '../clients/psql.ts';
import { psycopg } from '../clients/psycopg.ts';
import { redisCli } from '../clients/redis-cli.ts';
import { redisPy } from '../clients/redis-py.ts';
import { sClient } from '../clients/s-client.ts';
import { makeTargets, type Targets } from '../clients/targets.ts';
import { makePerson, type Person } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const POSTGRESQL: readonly PostgresqlClient[] = [psql, psycopg, nodePostgres, postgresJs, jdbc];
const REDIS: readonly RedisClient[] = [redisCli, redisPy, ioredis, nodeRedis];
const BULK = 50_000_000;

let server: TestServer;
let ann: Person;
const targets = {} as Record<'postgresql' | 'redis' | 'guardedPostgresql' | 'guardedRedis', Targets>;

before(async () => {
  server = await startServer({ runtime: 'process' });
  ann = await makePerson(server, 'ann');
  targets.postgresql = await makeTargets(server, ann, 'postgresql', { name: 'postgresql' });
  targets.redis = await makeTargets(server, ann, 'redis', { name: 'redis' });
  targets.guardedPostgresql = await makeTargets(server, ann, 'postgresql', { name: 'guardedpostgresql', tlsOnly: true, allowedSources: ['10.9.8.7', '127.0.0.1'] });
  targets.guardedRedis = await makeTargets(server, ann, 'redis', { name: 'guardedredis', tlsOnly: true, allowedSources: ['127.0.0.1'] });
}, { timeout: 240_000 });
after(() => server[Symbol.asyncDispose]());

describe('PostgreSQL', { timeout: 400_000 }, () => {
  it('by hostname with the name and the authority checked, by the own port, plain and in TLS, every client is answered', () => each(POSTGRESQL, async (client) => {
    const { byName, direct } = targets.postgresql;
    answered(client, await client.ask(byName));
    answered(client, await client.ask(direct));
    answered(client, await client.ask({ ...direct, tls: 'verify' }));
    answered(client, await client.ask({ ...byName, hostname: byName.hostname.replace(/^[^.]*/, 'ann-postgres') }));
  }));

  it('a client that cannot send the name says it in an option', () => each(POSTGRESQL, async (client) => {
    const { byName } = targets.postgresql;
    answered(client, await client.ask({ ...byName, hostname: 'localhost', options: `endpoint=${byName.hostname.split('.')[0] ?? ''}` }));
  }));

  it('50 MB go up and down unharmed', () => each(POSTGRESQL, async (client) => {
    const outcome = await client.bulk(targets.postgresql.byName, BULK);
    assert.deepEqual(outcome.ok ? outcome.output.trim() : outcome, `up ${BULK} down ${BULK}`, client.name);
  }));

  it('a cancel, as each client does it, ends its query and no other', () => each(POSTGRESQL, async (client) => {
    const { byName, direct } = targets.postgresql;
    for (const target of [byName, direct]) {
      const bystander = await connected(direct);
      const other = bystander.query('select pg_sleep(1.5), 42 as n');
      shown(client, await client.cancel(target, () => running(direct)), /cancel+ing statement due to user request|57014/i);
      assert.equal((await other).rows[0]?.n, 42);
      await bystander.end();
    }
  }));

  it('an unknown name, a wrong password, plain text on the shared port and no name at all: each client shows what to do', () => each(POSTGRESQL, async (client) => {
    const { byName } = targets.postgresql;
    shown(client, await client.ask({ ...byName, hostname: byName.hostname.replace(/^[^.]*/, 'nobody-postgresql-zzzz') }), /There is no database nobody-postgresql-zzzz\.db\.localhost/);
    shown(client, await client.ask({ ...byName, password: 'wrong' }), /password authentication failed/);
    shown(client, await client.ask({ ...byName, tls: 'off' }), /TLS only: the name of the database is part of TLS/);
    shown(client, await client.ask({ ...byName, hostname: 'localhost' }), /No database goes by the name localhost|did not say which database/);
  }));

  it('one that takes TLS only, from listed addresses only, says so in plain text and to others', () => each(POSTGRESQL, async (client) => {
    const { byName, direct, id } = targets.guardedPostgresql;
    answered(client, await client.ask(byName));
    shown(client, await client.ask(direct), /takes connections with TLS only/);
    await ann.must(200, 'PATCH', `/api/containers/${id}`, { allowedSources: ['10.9.8.7'] });
    await waitFor(async () => {
      const outcome = await client.ask(byName);
      return !outcome.ok && /does not take connections from your address \(127\.0\.0\.1\)/.test(outcome.shown);
    }, { what: `${client.name} to be told of its address` });
    await ann.must(200, 'PATCH', `/api/containers/${id}`, { allowedSources: ['127.0.0.1'] });
  }));

  it('asleep, every client only waits a little; stopped, it is told to start it', () => asleepAndStopped(POSTGRESQL, 'postgresql', /was stopped/));
});

describe('Redis', { timeout: 400_000 }, () => {
  it('by hostname with the authority checked, by username on the shared port, by the own port, plain and in TLS, every client is answered', () => each(REDIS, async (client) => {
    const { byName, direct } = targets.redis;
    answered(client, await client.ask(byName));
    answered(client, await client.ask({ ...byName, tls: 'off' }));
    answered(client, await client.ask(direct));
    answered(client, await client.ask({ ...direct, tls: 'verify' }));
  }));

  it('50 MB go up and down unharmed; messages and blocking commands go through', () => each(REDIS, async (client) => {
    const outcome = await client.bulk(targets.redis.byName, BULK);
    assert.deepEqual(outcome.ok ? outcome.output.trim() : outcome, `up ${BULK} down ${BULK}`, client.name);
    const talk = await client.talk(targets.redis.byName);
    assert.deepEqual(talk.ok ? talk.output.trim() : talk, 'heard hello popped item', client.name);
  }));

  it('an unknown name and a wrong password: each client shows it', () => each(REDIS, async (client) => {
    const { byName } = targets.redis;
    shown(client, await client.ask({ ...byName, tls: 'off', username: 'nobody-redis-zzzz' }), /No database goes by the username that your client logs in with/);
    shown(client, await client.ask({ ...byName, hostname: byName.hostname.replace(/^[^.]*/, 'nobody-redis-zzzz') }), /There is no database nobody-redis-zzzz/);
    shown(client, await client.ask({ ...byName, password: 'wrong' }), /WRONGPASS|invalid username-password/);
  }));

  it('one that takes TLS only says so in plain text', () => each(REDIS, async (client) => {
    const { byName, direct } = targets.guardedRedis;
    answered(client, await client.ask(byName));
    shown(client, await client.ask(direct), /takes connections with TLS only/);
    shown(client, await client.ask({ ...byName, tls: 'off' }), /takes connections with TLS only/);
  }));

  it('asleep, every client only waits a little; stopped, it is told to start it', () => asleepAndStopped(REDIS, 'redis', /was stopped/));
});

it('openssl s_client: by name, by username, and what it is told of an unknown name', async () => {
  const { byName } = targets.redis;
  const said = `AUTH ${byName.username} ${byName.password}\r\nPING\r\nQUIT\r\n`;
  const right = await sClient(byName, said);
  assert.ok(right.ok && /\+OK\r\n\+PONG\r\n\+OK/.test(right.output), JSON.stringify(right));
  const wrong = await sClient({ ...byName, hostname: 'nobody-redis-zzzz.db.localhost' }, said);
  assert.match(wrong.ok ? wrong.output : wrong.shown, /-WRONGPASS There is no database nobody-redis-zzzz/);
});

async function asleepAndStopped(clients: readonly Client[], family: 'postgresql' | 'redis', words: RegExp): Promise<void> {
  const { id, byName } = targets[family];
  for (const client of clients) {
    await ann.ask('POST', `/api/containers/${id}/sleep`);
    await ann.until(id, 'it to sleep', ({ status }) => status === 'sleeping');
    answered(client, await client.ask(byName));
  }
  await ann.act(id, 'stop');
  try {
    await each(clients, async (client) => shown(client, await client.ask(byName), words));
  } finally {
    await ann.act(id, 'start');
  }
}

async function connected({ address, port, username, password, database }: Target): Promise<pg.Client> {
  const client = new pg.Client({ host: address, port, user: username, password, database });
  await client.connect();
  return client;
}

async function running(target: Target): Promise<void> {
  const watcher = await connected(target);
  await waitFor(async () => (await watcher.query("select 1 from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'")).rowCount, { what: 'the query to run' });
  await watcher.end();
}
