/**
 * What a person sees in their client when the gateway refuses. The words are the gateway's, so its databases are stand-ins here: one that lets
 * everybody in, and one that takes connections and says nothing.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { Client, Target } from '../clients/client.ts';
import { shown } from '../clients/expect.ts';
import { ioredis } from '../clients/ioredis.ts';
import { jdbc } from '../clients/jdbc.ts';
import { nodePostgres } from '../clients/node-postgres.ts';
import { nodeRedis } from '../clients/node-redis.ts';
import { postgresJs } from '../clients/postgres-js.ts';
import { psql } from '../clients/psql.ts';
import { psycopg } from '../clients/psycopg.ts';
import { redisCli } from '../clients/redis-cli.ts';
import { redisPy } from '../clients/redis-py.ts';
import { FakeDatabase, GatewayHouse, type HouseInstance } from '../support/gateway-house.ts';
import { dialPlain, startup } from '../support/raw-postgresql.ts';

const POSTGRESQL: readonly Client[] = [psql, psycopg, nodePostgres, postgresJs, jdbc];
const REDIS: readonly Client[] = [redisCli, redisPy, ioredis, nodeRedis];
const MANY = 1000;
const LIMITS = { connectionsPerSource: MANY, handshakesPerSource: MANY, failedLookupsPerSource: MANY, connectionsPerInstance: MANY, handshakesPerInstance: MANY };
const AUTHENTICATED = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

const friendly = (): Promise<FakeDatabase> => FakeDatabase.open((socket) => void socket.once('data', (first) => void socket.write(first[0] === 0 ? AUTHENTICATED : '+OK\r\n')));
const silent = (): Promise<FakeDatabase> => FakeDatabase.open((socket) => void socket.resume());

/** In TLS by name, and in plain text on its own port. */
type Door = 'shared' | 'own';
const DOORS: readonly Door[] = ['shared', 'own'];

function target(house: GatewayHouse, { slug, port }: HouseInstance, family: 'postgresql' | 'redis', door: Door): Target {
  const login = { hostname: `${slug}.db.test`, address: '127.0.0.1', username: slug, password: 'secret', database: 'db', ca: path.join(house.directory, 'certificates', 'ca.pem') };
  return { ...login, port: door === 'shared' ? house.ports[family] : port, tls: door === 'own' ? 'off' : 'verify' };
}

/** Somebody who is logged in and stays. */
async function held(port: number, first: Buffer | string): Promise<Socket> {
  const socket = await dialPlain(port);
  socket.write(first);
  await once(socket, 'data');
  return socket;
}

/** libpq keeps the SQLSTATE of a failed connection to itself. */
const sqlState = (code: string) => (client: Client): RegExp[] => (client === psql || client === psycopg ? [] : [new RegExp(code)]);
const word = (code: string, inPython: string) => (client: Client): RegExp[] => [new RegExp(client === redisPy ? inPython : code)];

/** Every client shows these words and the code, where it shows codes. All at once: none of them gets in. */
async function told(clients: readonly Client[], at: Target, words: readonly RegExp[], code: (client: Client) => RegExp[] = () => []): Promise<void> {
  await Promise.all(clients.map(async (client) => shown(client, await client.ask(at), ...words, ...code(client))));
}

describe('PostgreSQL', { timeout: 300_000 }, () => {
  it('a database with too many connections: each client shows 53300 and the words', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open({ limits: { ...LIMITS, connectionsPerInstance: 1 } });
    const full = await house.instance({ engine: 'postgresql', endpoint: database.endpoint });
    const one = await held(full.port, startup({ user: 'x' }));
    for (const door of DOORS) {
      await told(POSTGRESQL, target(house, full, 'postgresql', door), [/This database has too many connections/, /Close some of them, or try again later/], sqlState('53300'));
    }
    one.destroy();
  });

  it('an address that asked for too many names that do not exist: each client shows it, for the next name too', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open({ limits: { ...LIMITS, failedLookupsPerSource: 1 } });
    const known = await house.instance({ engine: 'postgresql', endpoint: database.endpoint });
    const nobody = { ...target(house, known, 'postgresql', 'shared'), hostname: 'nobody.db.test' };
    shown(psql, await psql.ask(nobody), /There is no database nobody\.db\.test/, /Check the hostname/);
    await told(POSTGRESQL, nobody, [/Too many databases that do not exist were asked for from your address/, /Wait a minute/], sqlState('53300'));
  });

  it('one that does not wake in time: each client shows 57P03 and the words', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open({ wakeDeadlineMs: 300 });
    const asleep = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, state: 'sleeping' });
    for (const door of DOORS) {
      await told(POSTGRESQL, target(house, asleep, 'postgresql', door), [/did not become ready in time/, /Try again in a moment/], sqlState('57P03'));
    }
  });

  it('an address that is not on the list: each client shows 28000 and the address', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open();
    const closed = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, access: { allow: ['10.9.8.7'] } });
    for (const door of DOORS) {
      await told(POSTGRESQL, target(house, closed, 'postgresql', door), [/does not take connections from your address \(127\.0\.0\.1\)/, /allowedSources/], sqlState('28000'));
    }
  });

  it('plain text where TLS is needed, and a database that was stopped: each client shows what to do', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open();
    const guarded = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, access: { tlsOnly: true } });
    const stopped = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, state: 'stopped' });
    await told(POSTGRESQL, target(house, guarded, 'postgresql', 'own'), [/takes connections with TLS only/, /sslmode=require/], sqlState('28000'));
    await told(POSTGRESQL, { ...target(house, guarded, 'postgresql', 'shared'), tls: 'off' }, [/takes connections with TLS only/, /directPort/], sqlState('28000'));
    await told(POSTGRESQL, target(house, stopped, 'postgresql', 'shared'), [/was stopped/, /Start it first/], sqlState('57P03'));
  });
});

describe('Redis', { timeout: 300_000 }, () => {
  it('a database with too many connections: each client shows the words', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open({ limits: { ...LIMITS, connectionsPerInstance: 1 } });
    const full = await house.instance({ engine: 'redis', endpoint: database.endpoint });
    const one = await held(full.port, 'AUTH x y\r\n');
    for (const door of DOORS) {
      await told(REDIS, target(house, full, 'redis', door), [/This database has too many connections/, /Close some of them, or try again later/]);
    }
    one.destroy();
  });

  it('an address that asked for too many names that do not exist: each client shows it, by server name and by username', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open({ limits: { ...LIMITS, failedLookupsPerSource: 1 } });
    const known = await house.instance({ engine: 'redis', endpoint: database.endpoint });
    const nobody = { ...target(house, known, 'redis', 'shared'), hostname: 'nobody.db.test', username: 'nobody' };
    shown(redisCli, await redisCli.ask(nobody), /There is no database nobody\.db\.test/, /Check the hostname/);
    for (const tls of ['verify', 'off'] as const) {
      await told(REDIS, { ...nobody, tls }, [/Too many databases that do not exist were asked for from your address/, /Wait a minute/]);
    }
  });

  it('one that does not wake in time: each client shows LOADING, which good ones try again on, and the words', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open({ wakeDeadlineMs: 300 });
    const asleep = await house.instance({ engine: 'redis', endpoint: database.endpoint, state: 'sleeping' });
    for (const door of DOORS) {
      await told(REDIS, target(house, asleep, 'redis', door), [/did not become ready in time/, /Try again in a moment/], word('LOADING', 'BusyLoadingError'));
    }
  });

  it('an address that is not on the list: each client shows NOPERM and the address', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open();
    const closed = await house.instance({ engine: 'redis', endpoint: database.endpoint, access: { allow: ['10.9.8.7'] } });
    for (const door of DOORS) {
      await told(REDIS, target(house, closed, 'redis', door), [/does not take connections from your address \(127\.0\.0\.1\)/, /allowedSources/], word('NOPERM', 'NoPermissionError'));
    }
  });

  it('plain text where TLS is needed, and a database that was stopped: each client shows what to do', async () => {
    await using database = await friendly();
    await using house = await GatewayHouse.open();
    const guarded = await house.instance({ engine: 'redis', endpoint: database.endpoint, access: { tlsOnly: true } });
    const stopped = await house.instance({ engine: 'redis', endpoint: database.endpoint, state: 'stopped' });
    for (const plain of [target(house, guarded, 'redis', 'own'), { ...target(house, guarded, 'redis', 'shared'), tls: 'off' as const }]) {
      await told(REDIS, plain, [/takes connections with TLS only/, new RegExp(`The host name is ${guarded.slug}\\.db\\.test`)]);
    }
    await told(REDIS, target(house, stopped, 'redis', 'shared'), [/was stopped/, /Start it first/]);
  });
});

it('a database that does not answer the login: each client shows that it is not to blame, of PostgreSQL with 57P03', { timeout: 300_000 }, async () => {
  await using database = await silent();
  await using house = await GatewayHouse.open({ handshakeMs: 12_000 }); // all clients start at once: TLS has to be done by then, also with those that are slow to start
  const slow = { postgresql: await house.instance({ engine: 'postgresql', endpoint: database.endpoint }), redis: await house.instance({ engine: 'redis', endpoint: database.endpoint }) };
  await Promise.all([
    told(POSTGRESQL, target(house, slow.postgresql, 'postgresql', 'shared'), [/The database did not answer the login within 12 seconds/], sqlState('57P03')),
    told(REDIS, target(house, slow.redis, 'redis', 'shared'), [/The database did not answer the login within 12 seconds/]),
  ]);
});
