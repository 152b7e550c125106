import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { FakeDatabase, GatewayHouse, type HouseInstance, readAll } from '../support/gateway-house.ts';
import { type TestPostgres, startPostgres } from '../support/postgres.ts';
import { cancelRequest, dialPlain, dialSecure, GSS_REQUEST, packet, readBytes, readError, readMessage, SSL_REQUEST, startup } from '../support/raw-postgresql.ts';
import { waitFor } from '../support/wait.ts';

let postgres: TestPostgres;
let house: GatewayHouse;
let ann: HouseInstance;
before(async () => {
  postgres = await startPostgres();
  house = await GatewayHouse.open();
  ann = await database(house);
});
after(async () => {
  await house[Symbol.asyncDispose]();
  await postgres.dispose();
});

const database = (at: GatewayHouse, wish: Partial<Parameters<GatewayHouse['instance']>[0]> = {}) => at.instance({ engine: 'postgresql', endpoint: { kind: 'unix', directory: postgres.socketDir, name: '.s.PGSQL.5432' }, ...wish });
const nameOf = ({ slug }: HouseInstance): string => `${slug}.db.test`;
const login = (more: Record<string, string> = {}) => startup({ user: postgres.user, database: 'postgres', ...more });

interface Wish {
  readonly port?: number;
  readonly servername?: string;
  readonly options?: string;
  readonly password?: string;
  readonly plain?: boolean;
}

async function client(wish: Wish = {}): Promise<pg.Client> {
  const { port = house.ports.postgresql, servername = nameOf(ann), options, password = postgres.password, plain = false } = wish;
  const made = new pg.Client({
    host: '127.0.0.1', port, user: postgres.user, password, database: 'postgres', ...(options === undefined ? {} : { options }),
    ssl: plain ? false : { ca: house.authority, servername, checkServerIdentity: () => undefined },
  });
  made.on('error', () => undefined);
  await made.connect();
  return made;
}

async function answersTo(wish: Wish): Promise<void> {
  const session = await client(wish);
  try {
    assert.deepEqual((await session.query('select 1 as one')).rows, [{ one: 1 }]);
  } finally {
    await session.end();
  }
}

test('by hostname in TLS, by alias, by the option endpoint, and by the own port with TLS or without, the database answers', async () => {
  await answersTo({});
  await answersTo({ servername: 'alice-postgresql.db.test' });
  await answersTo({ servername: 'alice-postgres.db.test' });
  await answersTo({ servername: 'somewhere.else', options: `endpoint=${ann.slug}` });
  await answersTo({ servername: 'somewhere.else', options: `-c statement_timeout=5s -c endpoint=${ann.slug}` });
  await answersTo({ port: ann.port });
  await answersTo({ port: ann.port, plain: true });
});

test('an alias leads to the first one; when that is deleted, to the next; a name that two people could mean leads nowhere', async () => {
  await using fake = await FakeDatabase.open((socket) => socket.end());
  const second = await database(house);
  await answersTo({ servername: 'alice-postgres.db.test' });
  const bob = await database(house, { owner: 'bob', type: 'x-y', slug: 'bob-x-y-1', engine: 'generic', protocol: 'postgresql', endpoint: fake.endpoint });
  await database(house, { owner: 'bob-x', type: 'y', slug: 'bob-x-y-2', engine: 'generic', protocol: 'postgresql', endpoint: fake.endpoint });
  assert.notEqual(bob.id, second.id);
  await assert.rejects(client({ servername: 'bob-x-y.db.test' }), { code: '3D000' });
});

test('other options stay as they were', async () => {
  const session = await client({ servername: 'x.y', options: `-c work_mem=7MB endpoint=${ann.slug} -c application_name=a\\ b` });
  assert.deepEqual((await session.query('select current_setting(\'work_mem\') as mem, current_setting(\'application_name\') as name')).rows, [{ mem: '7MB', name: 'a b' }]);
  await session.end();
});

test('who is refused is told why, with an SQLSTATE, after TLS', async () => {
  const refused = async (wish: Wish, code: string, words: RegExp): Promise<void> => {
    await assert.rejects(client(wish), (error: pg.DatabaseError) => {
      assert.equal(error.code, code, error.message);
      assert.match(`${error.message} ${error.hint ?? ''}`, words);
      return true;
    });
  };
  await refused({ servername: 'nobody-postgresql-zzzz.db.test' }, '3D000', /no database nobody-postgresql-zzzz\.db\.test.*hostname/i);
  await refused({ servername: 'localhost' }, '3D000', /No database goes by the name localhost.*endpoint=SLUG/);
  await refused({ plain: true }, '28000', /TLS only.*sslmode=require/);
  await refused({ options: 'endpoint=other' }, '3D000', /no database other/i);
  await refused({ password: 'wrong' }, '28P01', /password authentication failed/);
  const second = await database(house);
  await refused({ options: `endpoint=${second.slug}` }, '08P01', /host name says/);
  await refused({ port: ann.port, options: `endpoint=${second.slug}` }, '08P01', /This port leads to/);
});

test('direct TLS with its protocol name, GSSENCRequest before SSLRequest, and a startup in single bytes are understood', async () => {
  const direct = await dialSecure(house.ports.postgresql, nameOf(ann), house.authority, { direct: true });
  assert.equal((direct as Socket & { alpnProtocol: string }).alpnProtocol, 'postgresql');
  direct.write(login());
  assert.equal((await readMessage(direct)).type, 'R');
  direct.destroy();

  const gss = await dialPlain(house.ports.postgresql);
  gss.write(GSS_REQUEST);
  assert.equal((await readBytes(gss, 1)).toString(), 'N');
  gss.write(SSL_REQUEST);
  assert.equal((await readBytes(gss, 1)).toString(), 'S');
  gss.destroy();

  const slow = await dialPlain(ann.port);
  for (const byte of login()) {
    slow.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await readMessage(slow)).type, 'R');
  slow.destroy();
});

test('plain text behind SSLRequest, garbage, an old protocol and a packet that is too long are refused', async () => {
  for (const [bytes, words] of [
    [Buffer.concat([SSL_REQUEST, login()]), /unencrypted data/],
    [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /./],
    [packet(2 << 16, Buffer.from('user\0x\0\0')), /Version 2/],
    [Buffer.from([0, 1, 0, 0, 0, 3, 0, 0]), /./],
  ] as const) {
    const socket = await dialPlain(ann.port);
    socket.write(bytes);
    assert.match((await readError(socket)).M ?? '', words);
    assert.equal(await readAll(socket), '', 'and then the end');
  }
});

test('a cancel with the key that a session was given ends its query, also in plain text and on another port; another key ends nothing', async () => {
  for (const port of [house.ports.postgresql, ann.port]) {
    const session = await client(port === ann.port ? { port } : {});
    const { processID, secretKey } = session as pg.Client & { processID: number; secretKey: number };
    const key = Buffer.alloc(4);
    key.writeInt32BE(secretKey);
    const real = (await session.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
    assert.notEqual(processID, real, 'the backend\'s own id is not told');
    const sleeping = assert.rejects(session.query('select pg_sleep(30)'), { code: '57014' });
    await waitFor(async () => (await busy()) > 0, { what: 'the query to run' });
    const wrong = Buffer.from(key);
    wrong[0] = (wrong[0] ?? 0) ^ 1;
    assert.equal(await cancel(house.ports.postgresql, processID, wrong), '');
    assert.equal(await cancel(house.ports.postgresql, real ?? 0, key), '');
    assert.equal(await busy(), 1);
    assert.equal(await cancel(ann.port, processID, key), '');
    await sleeping;
    await session.end();
    // The key died with the session.
    const other = await client();
    assert.equal(await cancel(house.ports.postgresql, processID, key), '');
    await other.query('select 1');
    await other.end();
  }
});

async function cancel(port: number, processId: number, key: Buffer): Promise<string> {
  const socket = await dialPlain(port);
  socket.write(cancelRequest(processId, key));
  return readAll(socket);
}

async function busy(): Promise<number> {
  const watcher = new pg.Client(postgres.url);
  await watcher.connect();
  try {
    return (await watcher.query("select 1 from pg_stat_activity where query like '%pg_sleep(30)%' and state = 'active' and pid <> pg_backend_pid()")).rowCount ?? 0;
  } finally {
    await watcher.end();
  }
}

test('long keys of protocol 3.2 are replaced by long ones, and a cancel brings the backend its own', async () => {
  const theirs = Buffer.alloc(32, 7);
  const heard: Buffer[] = [];
  await using modern = await FakeDatabase.open((socket) => {
    socket.on('data', (bytes: Buffer) => {
      heard.push(bytes);
      if (bytes.readUInt32BE(4) === 80877102) return void socket.end();
      const keyData = Buffer.concat([Buffer.from('K'), Buffer.from([0, 0, 0, 8 + theirs.length, 0, 0, 0, 42]), theirs]);
      socket.write(Buffer.concat([Buffer.from('R'), Buffer.from([0, 0, 0, 8, 0, 0, 0, 0]), keyData, Buffer.from('Z'), Buffer.from([0, 0, 0, 5, 0x49])]));
    });
  });
  const { port } = await database(house, { endpoint: modern.endpoint });
  const socket = await dialPlain(port);
  socket.write(startup({ user: 'x' }, (3 << 16) | 2));
  assert.equal((await readMessage(socket)).type, 'R');
  const { type, body } = await readMessage(socket);
  assert.equal(type, 'K');
  assert.equal((await readMessage(socket)).type, 'Z');
  const [processId, key] = [body.readInt32BE(0), body.subarray(4)];
  assert.ok(key.length >= 32 && !key.equals(theirs));
  heard.length = 0;
  assert.equal(await cancel(port, processId, key), '');
  await waitFor(() => heard.length > 0, { what: 'the cancel to reach the backend' });
  assert.ok(Buffer.concat(heard).equals(cancelRequest(42, theirs)));
  socket.destroy();
});

test('a cancel that reaches another gateway process of the home finds the session all the same', async () => {
  const other = house.makeGateway({ postgresqlPort: null, redisPort: null, tlsPort: null, reusePort: false, peers: { ...house.settings.peers, number: 1 }, name: 'gateway-1' });
  await using far = await GatewayHouse.open({ peers: { ...house.settings.peers, number: 2 } });
  await other.start();
  try {
    const session = await client();
    const { processID, secretKey } = session as pg.Client & { processID: number; secretKey: number };
    const key = Buffer.alloc(4);
    key.writeInt32BE(secretKey);
    const sleeping = assert.rejects(session.query('select pg_sleep(30)'), { code: '57014' });
    await waitFor(async () => (await busy()) > 0, { what: 'the query to run' });
    assert.equal(await cancel(far.ports.postgresql, processID, key), '');
    await sleeping;
    await session.end();
  } finally {
    await other.close(0);
  }
});

test('a database that goes away during the login is told as something that passes', async () => {
  await using rude = await FakeDatabase.open((socket) => socket.destroy());
  await using impatient = await GatewayHouse.open({ wakeDeadlineMs: 3500 }); // long enough for a first try on a busy machine
  const { port } = await database(impatient, { endpoint: rude.endpoint });
  const socket = await dialPlain(port);
  socket.write(login());
  const error = await readError(socket);
  assert.equal(error.C, '57P03');
  assert.match(error.M ?? '', /closes every connection/);
});

test('every session so far, TLS or not, was passed on by the fast way', async () => {
  await answersTo({});
  await answersTo({ plain: true, port: ann.port });
  const text = await house.gateway.metrics.registry.metrics();
  assert.match(text, /dbmaker_gateway_slow_pipes_total 0\n/);
  assert.match(text, /dbmaker_gateway_connections_total\{protocol="postgresql",routed_by="sni",tls="true"\} [1-9]/);
  assert.match(text, /dbmaker_gateway_handshake_seconds_count\{protocol="postgresql"\} [1-9]/);
  assert.match(text, /dbmaker_gateway_connect_seconds_count [1-9]/);
});

test('twelve parallel sessions carry 5 MB each way unharmed', async () => {
  await Promise.all(Array.from({ length: 12 }, async () => {
    const session = await client();
    const text = 'x'.repeat(5_000_000);
    assert.equal((await session.query<{ n: number }>('select length($1::text) as n', [text])).rows[0]?.n, text.length);
    assert.equal((await session.query<{ t: string }>('select repeat(\'y\', 5000000) as t')).rows[0]?.t, 'y'.repeat(5_000_000));
    await session.end();
  }));
});

test('a client that says nothing, or only half of a login, is told so at the deadline', async () => {
  await using strict = await GatewayHouse.open({ handshakeMs: 5000 }); // the database's question has to come in that time, on a busy machine too
  const { port } = await database(strict);
  const [silent, half] = [await dialPlain(strict.ports.postgresql), await dialPlain(port)];
  half.write(login());
  assert.equal((await readMessage(half)).type, 'R');
  assert.match((await readError(silent)).M ?? '', /did not log in within/);
  assert.match((await readError(half)).M ?? '', /did not log in within/);
  await once(half.resume(), 'close');
});
