/** What people who are not let in can do to those who are, to the disk and to the sleep of a database. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { connect as dialTls } from 'node:tls';
import { FakeDatabase, GatewayHouse, readAll, storeWith } from '../support/gateway-house.ts';
import { cancelRequest, dialPlain, readError, startup } from '../support/raw-postgresql.ts';
import { recordedLog } from '../support/recorded-log.ts';
import { waitFor } from '../support/wait.ts';

const READY = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
/** Says that anybody is logged in. */
const friendly = (): Promise<FakeDatabase> => FakeDatabase.open((socket) => {
  socket.once('data', () => socket.write(READY));
});
const limits = (wish: Partial<Record<string, number>>) => ({
  limits: { connectionsPerSource: 1000, handshakesPerSource: 1000, failedLookupsPerSource: 1000, connectionsPerInstance: 1000, handshakesPerInstance: 1000, ...wish },
});

async function secure(house: GatewayHouse, label: string, port = house.ports.postgresql): Promise<Socket> {
  const socket = dialTls({ port, host: '127.0.0.1', ca: house.authority, servername: `${label}.db.test`, checkServerIdentity: () => undefined }).on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

async function askFor(house: GatewayHouse, label: string): Promise<Record<string, string>> {
  const socket = await secure(house, label);
  socket.write(startup({ user: 'x' }));
  try {
    return await readError(socket);
  } finally {
    socket.destroy();
  }
}

test('silent clients of a database whose server says nothing first keep nobody else out: they hold no place among those that log in', async () => {
  await using echo = await FakeDatabase.open();
  await using house = await GatewayHouse.open(limits({ handshakesPerInstance: 2, handshakesPerSource: 3 }));
  const { port } = await house.instance({ endpoint: echo.endpoint });
  const silent: Socket[] = [];
  for (let count = 1; count <= 8; count += 1) {
    silent.push(await dialPlain(port));
    await waitFor(async () => echo.sockets.filter(({ destroyed }) => !destroyed).length >= count, { what: 'the silent client to be connected' });
  }
  assert.equal(await readAll((await dialPlain(port)).end('x')), 'x and goodbye');
  for (const socket of silent) socket.destroy();
});

test('so many connections log in to one database at a time, from all addresses together, and from one address; the next one is told, and a finished one makes room', async () => {
  await using slow = await FakeDatabase.open(() => undefined);
  await using house = await GatewayHouse.open(limits({ handshakesPerInstance: 2, handshakesPerSource: 3 }));
  const { port } = await house.instance({ engine: 'postgresql', endpoint: slow.endpoint });
  await waitFor(async () => (await house.gateway.metrics.handshakes.get()).values[0]?.value === 0, { what: 'the probing of the port to be over' });
  const logIn = async (localAddress: string): Promise<Socket> => {
    const socket = await dialPlain(port, localAddress);
    socket.write(startup({ user: 'x' }));
    return socket;
  };
  const held = [await logIn('127.0.0.2'), await logIn('127.0.0.3')];
  await waitFor(() => slow.sockets.filter(({ bytesRead }) => bytesRead > 0).length === 2, { what: 'both to be passed on' });
  const error = await readError(await logIn('127.0.0.4'));
  assert.deepEqual([error.C, /logging in at the same time/.test(error.M ?? '')], ['53300', true]);
  held.pop()?.destroy();
  await waitFor(async () => (await house.gateway.metrics.handshakes.get()).values[0]?.value === 1, { what: 'its place to be free' });
  held.push(await logIn('127.0.0.4'));
  await waitFor(() => slow.sockets.filter(({ bytesRead }) => bytesRead > 0).length === 3, { what: 'the next one to be passed on' });
  // Of one address: what has not said anything yet counts, whichever database it is for.
  const quiet = await Promise.all([1, 2, 3].map(() => dialPlain(port, '127.0.0.9')));
  assert.equal(await readAll(await dialPlain(port, '127.0.0.9')), '');
  for (const socket of [...held, ...quiet]) socket.destroy();
});

test('cancel requests for sessions that have ended do not shut their sender out', async () => {
  await using database = await friendly();
  await using house = await GatewayHouse.open(limits({ failedLookupsPerSource: 3 }));
  const { slug } = await house.instance({ engine: 'postgresql', endpoint: database.endpoint });
  for (let count = 0; count < 10; count += 1) await readAll((await dialPlain(house.ports.postgresql)).end(cancelRequest(count + 1, Buffer.alloc(4, 7))));
  const socket = await secure(house, slug);
  socket.write(startup({ user: 'x' }));
  assert.deepEqual((await once(socket, 'data'))[0], READY);
  socket.destroy();
  const text = await house.gateway.metrics.registry.metrics();
  assert.match(text, /dbmaker_gateway_cancels_total\{result="not_found"\} 10\n/);
});

test('who is refused a thousand times fills no log, and what was sent as a username is not in it', async () => {
  const log = recordedLog();
  await using house = await GatewayHouse.open({}, { log });
  for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 20 }, () => askFor(house, 'nobody')));
  const swapped = await dialPlain(house.ports.redis);
  swapped.write('AUTH s3cretPassw0rd ann-redis-x\r\n');
  assert.match(await readAll(swapped), /^-WRONGPASS No database goes by the username/);
  const long = await secure(house, 'x', house.ports.redis);
  long.destroy();
  const told = log.said.filter(({ level }) => level !== 'debug');
  assert.ok(told.length > 0 && told.length <= 25, `${told.length} lines`);
  assert.doesNotMatch(JSON.stringify(log.said), /s3cretPassw0rd/);
});

test('a name that leads to another kind of database is refused with words that say so', async () => {
  await using echo = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const [redis, postgresql] = [await house.instance({ engine: 'redis', endpoint: echo.endpoint }), await house.instance({ engine: 'postgresql', endpoint: echo.endpoint })];
  const error = await askFor(house, redis.slug);
  assert.deepEqual([error.C, error.M], ['0A000', `${redis.slug} does not speak PostgreSQL but Redis.`]);
  const client = await dialPlain(house.ports.redis);
  client.write(`AUTH ${postgresql.slug} x\r\n`);
  assert.match(await readAll(client), new RegExp(`^-ERR ${postgresql.slug} does not speak Redis but PostgreSQL\\.`));
});

test('a store that does not answer holds nobody beyond the deadline', async () => {
  await using database = await friendly();
  let hanging = false;
  const never = new Promise<never>(() => undefined);
  await using house = await GatewayHouse.open({ wakeDeadlineMs: 500 }, {
    store: (real) => storeWith(real, 'instances', (method) => (hanging && method === 'change' ? () => never : null)),
  });
  const asleep = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, state: 'sleeping' });
  hanging = true;
  const began = performance.now();
  const socket = await dialPlain(asleep.port);
  socket.write(startup({ user: 'x' }));
  const error = await readError(socket);
  assert.deepEqual([error.C, /did not become ready in time/.test(error.M ?? '')], ['57P03', true]);
  assert.ok(performance.now() - began < 5000);
});

test('a database does not fall asleep under a client that is logging in, nor under one that waits in silence', async () => {
  await using slow = await FakeDatabase.open(() => undefined);
  await using house = await GatewayHouse.open();
  const connects: [string, (port: number) => Promise<Socket>][] = [
    ['postgresql', async (port) => {
      const socket = await dialPlain(port);
      socket.write(startup({ user: 'x' }));
      return socket;
    }],
    ['generic', (port) => dialPlain(port)],
  ];
  for (const [engine, connect] of connects) {
    const { id, port } = await house.instance({ engine: engine as 'postgresql' | 'generic', endpoint: slow.endpoint });
    await waitFor(async () => ((await house.store.activity.get(id, 30_000))?.open ?? 0) === 0, { what: 'the probing of the port to be over' });
    const socket = await connect(port);
    await waitFor(async () => (await house.store.activity.get(id, 30_000))?.open === 1, { what: 'the connection in the store' });
    await house.store.instances.change(id, { desired: 'sleeping' });
    await house.report(id, 'sleeping');
    await waitFor(async () => (await house.store.instances.get(id))?.spec.desired === 'running', { what: `the wish to wake (${engine})` });
    socket.destroy();
    await waitFor(async () => (await house.store.activity.get(id, 30_000))?.open === 0, { what: 'the end in the store' });
    if (engine === 'postgresql') assert.equal((await house.store.activity.get(id, 30_000))?.lastUsedAt, 0, 'a login that did not come to its end is no use of it');
  }
});

test('a database that is being restarted is waited for: closed connections and "starting up" are not passed on', async () => {
  let tries = 0;
  await using restarting = await FakeDatabase.open((socket) => {
    tries += 1;
    if (tries <= 2) return void socket.destroy();
    socket.once('data', () => {
      if (tries > 4) return socket.write(READY);
      const fields = Buffer.from('SFATAL\0C57P03\0Mthe database system is starting up\0\0');
      const head = Buffer.from([0x45, 0, 0, 0, fields.length + 4]);
      socket.write(head.subarray(0, 3)); // in two pieces, as a network may bring it
      setTimeout(() => socket.end(Buffer.concat([head.subarray(3), fields])), 20);
      return true;
    });
  });
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ engine: 'postgresql', endpoint: restarting.endpoint });
  tries = 0;
  const socket = await dialPlain(port);
  socket.write(startup({ user: 'x' }));
  assert.deepEqual((await once(socket, 'data'))[0], READY);
  assert.equal(tries, 5);
  socket.destroy();
  tries = -100;
  await using redis = await FakeDatabase.open((connection) => {
    tries += 1;
    if (tries <= 2) connection.destroy();
    else connection.once('data', () => connection.write('+OK\r\n'));
  });
  const cache = await house.instance({ engine: 'redis', endpoint: redis.endpoint });
  tries = 0;
  const client = await dialPlain(cache.port);
  client.write('AUTH x y\r\n');
  assert.equal(String((await once(client, 'data'))[0]), '+OK\r\n');
  client.destroy();
});

test('strangers who begin logins and do not go on with them take neither all places of a database nor the turn of others', async () => {
  let [silent, most, open, heard] = [true, 0, 0, 0];
  await using database = await FakeDatabase.open((socket) => {
    open += 1;
    most = Math.max(most, open);
    socket.on('close', () => { open -= 1; });
    socket.once('data', () => {
      heard += 1;
      if (!silent) socket.write(READY);
    });
    socket.on('end', () => socket.end());
  });
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ engine: 'postgresql', endpoint: database.endpoint });
  await waitFor(() => open === 0, { what: 'the probing of the port to be over' });
  [most, heard] = [0, 0];
  const begin = async (localAddress: string): Promise<Socket> => {
    const socket = await dialPlain(port, localAddress);
    socket.write(startup({ user: 'x' }));
    return socket;
  };
  const strangers = await Promise.all(Array.from({ length: 130 }, () => begin('127.0.0.66')));
  await waitFor(() => open === 12 && heard === 12, { what: 'the share of one address, all of which have begun' });
  silent = false;
  const other = await begin('127.0.0.1');
  assert.deepEqual((await once(other, 'data'))[0], READY);
  assert.ok(most <= 13, `${most} places were taken`);
  // Whoever of them leaves makes room for the next, and all come through in the end.
  for (const socket of strangers.slice(0, 12)) socket.destroy();
  await Promise.all(strangers.slice(12).map(async (socket) => socket.readableLength > 0 || await once(socket, 'readable')));
  for (const socket of [other, ...strangers]) socket.destroy();
});

test('more than one key to cancel by in one login ends the connection: each would cost memory for as long as the session lives', async () => {
  const key = Buffer.concat([Buffer.from('K'), Buffer.from([0, 0, 0, 12, 0, 0, 0, 42]), Buffer.alloc(4, 7)]);
  await using hostile = await FakeDatabase.open((socket) => void socket.once('data', () => socket.write(Buffer.concat([...new Array<Buffer>(1000).fill(key), READY]))));
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ engine: 'postgresql', endpoint: hostile.endpoint });
  const socket = await dialPlain(port);
  socket.write(startup({ user: 'x' }));
  assert.match(await readAll(socket), /more than one key/);
});
