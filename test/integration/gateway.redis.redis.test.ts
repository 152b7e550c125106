import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as dialTls } from 'node:tls';
import { Redis } from 'ioredis';
import { GatewayHouse, type HouseInstance, readAll } from '../support/gateway-house.ts';
import { dialPlain } from '../support/raw-postgresql.ts';
import { type TestRedis, startRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

let redis: TestRedis;
let house: GatewayHouse;
let ann: HouseInstance;
before(async () => {
  redis = await startRedis({ username: 'alice-redis-aaaa' });
  house = await GatewayHouse.open();
  ann = await house.instance({ engine: 'redis', slug: redis.target.username, endpoint: redis.endpoint });
});
after(async () => {
  await house[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

const user = (): string => redis.target.username;
const password = (): string => redis.target.password;
const command = (...args: string[]): string => `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;

async function secure(servername: string | undefined, port = house.ports.redis): Promise<Socket> {
  const socket = dialTls({ port, host: '127.0.0.1', ca: house.authority, ...(servername === undefined ? { checkServerIdentity: () => undefined } : { servername }) });
  await once(socket, 'secureConnect');
  return socket.on('error', () => undefined);
}

/** Sends text and reads until what came matches. */
async function ask(socket: Socket, text: string, until: RegExp): Promise<string> {
  socket.write(text);
  let heard = '';
  while (!until.test(heard)) {
    const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(20_000) })) as [Buffer];
    heard += chunk.toString();
  }
  return heard;
}

test('by the name in TLS, by the username of AUTH or HELLO in TLS and in plain text, and by the own port, Redis answers', async () => {
  for (const [socket, hello] of [
    [await secure(`${ann.slug}.db.test`), command('AUTH', user(), password())],
    [await secure('alice-redis.db.test'), command('HELLO', '3', 'AUTH', user(), password(), 'SETNAME', 'me')],
    [await secure(undefined), command('AUTH', user(), password())],
    [await dialPlain(house.ports.redis), command('HELLO', '2', 'AUTH', user(), password())],
    [await dialPlain(ann.port), command('AUTH', user(), password())],
    [await secure('any.name', ann.port).catch(() => secure(undefined, ann.port)), command('AUTH', user(), password())],
    [await dialPlain(ann.port), `AUTH ${user()} ${password()}\r\n`],
  ] as const) {
    const first = await ask(socket, hello, /\r\n/);
    assert.match(first, /^(\+OK|%|\*)/);
    assert.match(await ask(socket, command('PING'), /PONG\r\n/), /PONG/);
    socket.destroy();
  }
});

test('commands that come with AUTH in one packet are answered in order, a thousand of them too', async () => {
  const socket = await dialPlain(house.ports.redis);
  const many = Array.from({ length: 1000 }, (_, index) => command('ECHO', `n${index}`)).join('');
  const heard = await ask(socket, command('AUTH', user(), password()) + many, /n999\r\n$/);
  assert.ok(heard.startsWith('+OK\r\n$2\r\nn0\r\n$2\r\nn1\r\n'));
  assert.equal(heard.match(/\$\d\r\n|\$\d\d\r\n/g)?.length, 1000);
  socket.destroy();
});

test('what Redis would refuse before a login is refused in its words, a wrong password as well, and the right one still gets in', async () => {
  const socket = await dialPlain(house.ports.redis);
  assert.match(await ask(socket, command('GET', 'x'), /\r\n/), /^-NOAUTH Authentication required/);
  assert.match(await ask(socket, command('HELLO', '3'), /\r\n/), /^-NOAUTH HELLO must be called with the client already authenticated/);
  assert.match(await ask(socket, command('HELLO', '9', 'AUTH', user(), password()), /\r\n/), /^-NOPROTO/);
  assert.match(await ask(socket, command('AUTH', user(), 'wrong'), /\r\n/), /^-WRONGPASS/);
  assert.match(await ask(socket, command('AUTH', user(), password()), /\r\n/), /^\+OK/);
  assert.match(await ask(socket, command('PING'), /\r\n/), /PONG/);
  socket.destroy();
});

test('who cannot be routed is told why, in an error of Redis, and then the end', async () => {
  const told = async (socket: Socket, text: string): Promise<string> => {
    socket.write(text);
    return readAll(socket);
  };
  assert.match(await told(await dialPlain(house.ports.redis), command('AUTH', password())), /^-\w+ Your client did not say which database.*username/);
  assert.match(await told(await dialPlain(house.ports.redis), command('AUTH', 'nobody-redis-zzzz', 'x')), /^-WRONGPASS No database goes by the username/);
  assert.match(await told(await secure('nobody-redis-zzzz.db.test'), command('PING')), /^-WRONGPASS There is no database/);
  assert.match(await told(await dialPlain(house.ports.redis), '*1\r\n:3\r\n'), /^-ERR Protocol error/);
  assert.match(await told(await dialPlain(house.ports.redis), `*2\r\n$4\r\nAUTH\r\n$99999999\r\n`), /^-ERR Protocol error/);
  assert.match(await told(await dialPlain(house.ports.redis), 'quit\r\n'), /^\+OK/);
  assert.match(await told(await dialPlain(house.ports.redis), command('PING').repeat(40)), /-ERR Too many commands before a login/);
  const stopped = await house.instance({ engine: 'redis', endpoint: redis.endpoint, state: 'stopped' });
  assert.match(await told(await dialPlain(house.ports.redis), command('AUTH', stopped.slug, 'x')), /^-LOADING .*was stopped/);
});

test('publish and subscribe, blocking commands and 50 MB each way go through', async () => {
  const options = { host: '127.0.0.1', port: house.ports.redis, username: user(), password: password(), lazyConnect: true, maxRetriesPerRequest: 0 } as const;
  const tls = { ca: house.authority, servername: `${ann.slug}.db.test` };
  const [one, two] = [new Redis({ ...options, tls }), new Redis(options)];
  for (const client of [one, two]) client.on('error', () => undefined);
  try {
    await Promise.all([one.connect(), two.connect()]);
    const heard = once(one, 'message');
    await one.subscribe('news');
    await two.publish('news', 'hello');
    assert.deepEqual(await heard, ['news', 'hello']);
    await one.unsubscribe('news');
    const popped = one.blpop('queue', 5);
    await two.rpush('queue', 'item');
    assert.deepEqual(await popped, ['queue', 'item']);
    const large = 'z'.repeat(50_000_000);
    await one.set('large', large);
    assert.equal(await two.get('large'), large);
    await two.del('large');
  } finally {
    one.disconnect();
    two.disconnect();
  }
});

test('a login that does not come in time is told so', async () => {
  await using strict = await GatewayHouse.open({ handshakeMs: 300 });
  const socket = await dialPlain(strict.ports.redis);
  socket.write('*2\r\n$4\r\n');
  assert.match(await readAll(socket), /^-ERR You did not log in within/);
});

test('who quits after a refused login leaves no connection to the database behind', async () => {
  const watcher = new Redis({ host: '127.0.0.1', port: house.ports.redis, username: user(), password: password() });
  const connected = async (): Promise<number> => Number(/connected_clients:(\d+)/.exec(await watcher.info('clients'))?.[1]);
  try {
    const before = await connected();
    for (let times = 0; times < 5; times += 1) {
      const socket = await dialPlain(house.ports.redis);
      assert.match(await ask(socket, command('AUTH', user(), 'wrong'), /\r\n/), /^-WRONGPASS/);
      assert.match(await ask(socket, 'QUIT\r\n', /\r\n/), /^\+OK/);
      socket.destroy();
    }
    await waitFor(async () => (await connected()) <= before, { what: 'their connections to be closed' });
  } finally {
    watcher.disconnect();
  }
});
