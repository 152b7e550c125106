import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { test } from 'node:test';
import { connect as dialTls } from 'node:tls';
import { canDial, FakeDatabase, GatewayHouse, readAll } from '../support/gateway-house.ts';
import { dialPlain, readError, startup } from '../support/raw-postgresql.ts';
import { waitFor } from '../support/wait.ts';

/** Says that anybody is logged in, then answers with what it gets. */
const friendly = (): Promise<FakeDatabase> => FakeDatabase.open((socket) => {
  socket.once('data', () => {
    socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]));
    socket.pipe(socket);
  });
});
const READY_BYTES = 15;
const limits = (wish: Partial<Record<string, number>>) => ({
  limits: { connectionsPerSource: 100, handshakesPerSource: 100, failedLookupsPerSource: 100, connectionsPerInstance: 100, handshakesPerInstance: 100, ...wish },
});

async function secure(port: number, house: GatewayHouse, servername: string) {
  const socket = dialTls({ port, host: '127.0.0.1', ca: house.authority, servername, checkServerIdentity: () => undefined }).on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

async function loggedIn(port: number, localAddress?: string) {
  const socket = await dialPlain(port, localAddress);
  socket.write(startup({ user: 'x' }));
  await once(socket, 'readable');
  socket.read(READY_BYTES);
  return socket;
}

test('an instance that wants TLS only refuses plain connections on its own port, whatever they speak, and takes those with TLS', async () => {
  await using database = await friendly();
  await using echo = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const access = { tlsOnly: true };
  const postgresql = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, access });
  const socket = await dialPlain(postgresql.port);
  socket.write(startup({ user: 'x' }));
  const error = await readError(socket);
  assert.equal(error.C, '28000');
  assert.match(error.M ?? '', /TLS only/);
  const redis = await house.instance({ engine: 'redis', endpoint: echo.endpoint, access });
  const plain = await dialPlain(redis.port);
  plain.write('PING\r\n');
  assert.match(await readAll(plain), /^-ERR .*TLS only/);
  const tcp = await house.instance({ endpoint: echo.endpoint, access });
  echo.sockets.length = 0;
  assert.equal(await readAll((await dialPlain(tcp.port)).end('hello')), '');
  assert.equal(echo.sockets.length, 0, 'it was not even connected to');
  assert.equal(await readAll((await secure(tcp.port, house, 'x.db.test')).end('hello')), 'hello and goodbye');
});

test('only addresses on an instance\'s list are let in, v4, v6 and ranges, and the others are told', async () => {
  await using database = await friendly();
  await using house = await GatewayHouse.open();
  const listed = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, access: { allow: ['127.0.0.8/29', '2001:db8::/32', '127.0.0.77'] } });
  for (const address of ['127.0.0.9', '127.0.0.77']) (await loggedIn(listed.port, address)).destroy();
  for (const address of ['127.0.0.1', '127.0.0.16', '127.0.0.78']) {
    const socket = await dialPlain(listed.port, address);
    socket.write(startup({ user: 'x' }));
    const error = await readError(socket);
    assert.equal(error.C, '28000');
    assert.match(error.M ?? '', new RegExp(`from your address \\(${address}\\)`));
  }
});

test('a source address has so many connections and no more, others are not affected, and a closed one makes room', async () => {
  await using database = await friendly();
  await using house = await GatewayHouse.open(limits({ connectionsPerSource: 3 }));
  const { port } = await house.instance({ engine: 'postgresql', endpoint: database.endpoint });
  await waitFor(async () => (await house.gateway.metrics.handshakes.get()).values[0]?.value === 0, { what: 'the probing of the port to be over' });
  const held = await Promise.all([1, 2, 3].map(() => loggedIn(port, '127.0.0.5')));
  assert.equal(await readAll(await dialPlain(port, '127.0.0.5')), '');
  (await loggedIn(port, '127.0.0.6')).destroy();
  held.pop()?.destroy();
  await waitFor(async () => {
    try {
      held.push(await loggedIn(port, '127.0.0.5'));
      return true;
    } catch {
      return false;
    }
  }, { what: 'room for another' });
  for (const socket of held) socket.destroy();
});

test('an instance has so many connections and no more, and the next one is told too_many_connections', async () => {
  await using database = await friendly();
  await using house = await GatewayHouse.open(limits({ connectionsPerInstance: 2 }));
  const { port } = await house.instance({ engine: 'postgresql', endpoint: database.endpoint });
  const held = [await loggedIn(port), await loggedIn(port)];
  const socket = await dialPlain(port);
  socket.write(startup({ user: 'x' }));
  assert.equal((await readError(socket)).C, '53300');
  for (const one of held) one.destroy();
});

test('who asks for names that do not exist is refused for a minute, except to where a login from that address succeeded', async () => {
  await using database = await friendly();
  await using house = await GatewayHouse.open(limits({ failedLookupsPerSource: 3 }));
  const { slug } = await house.instance({ engine: 'postgresql', endpoint: database.endpoint });
  const unused = await house.instance({ engine: 'postgresql', endpoint: database.endpoint });
  const ask = async (label: string): Promise<string | undefined> => {
    const socket = await secure(house.ports.postgresql, house, `${label}.db.test`);
    socket.write(startup({ user: 'x' }));
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return first[0] === 0x45 ? /C(\w{5})/.exec(first.toString('latin1'))?.[1] : 'in';
  };
  assert.equal(await ask(slug), 'in');
  for (const label of ['a', 'b', 'c']) assert.equal(await ask(label), '3D000');
  assert.equal(await ask('d'), '53300');
  assert.equal(await ask(unused.slug), '53300', 'also for what exists: or it would tell which names do');
  assert.equal(await ask(slug), 'in', 'an office behind one address is not shut out by one who guesses');
});

test('a PROXY header is needed from a load balancer and names the client; from anybody else it opens nothing', async () => {
  await using database = await friendly();
  await using house = await GatewayHouse.open({ proxyProtocolFrom: ['127.0.0.50'] });
  const { port } = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, access: { allow: ['192.0.2.0/24'] } });
  const by = async (header: string | Buffer, address = '127.0.0.50'): Promise<string> => {
    const socket = await dialPlain(port, address);
    socket.write(Buffer.concat([Buffer.from(header), startup({ user: 'x' })]));
    const first = await Promise.race([once(socket, 'data').then(([chunk]) => chunk as Buffer), once(socket, 'close').then(() => Buffer.alloc(0))]);
    socket.destroy();
    return first[0] === 0x52 ? 'in' : first.toString('latin1');
  };
  const v2 = Buffer.from('0d0a0d0a000d0a515549540a21110010c0000207c000020104d20050aabbccdd', 'hex');
  v2.writeUInt16BE(16, 14);
  assert.equal(await by('PROXY TCP4 192.0.2.7 192.0.2.1 1234 80\r\n'), 'in');
  assert.equal(await by(v2), 'in');
  assert.match(await by('PROXY TCP4 198.51.100.7 192.0.2.1 1234 80\r\n'), /from your address \(198\.51\.100\.7\)/);
  assert.equal(await by(''), '', 'without a header');
  assert.equal(await by('PROXY TCP4 nonsense\r\n'), '');
  assert.match(await by('PROXY TCP4 192.0.2.7 192.0.2.1 1234 80\r\n', '127.0.0.51'), /is not its protocol/);
});

test('what is used is counted: connections that are open, bytes each way, the time of the last use', async () => {
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { id, port } = await house.instance({ endpoint: database.endpoint });
  await waitFor(async () => ((await house.store.activity.get(id, 30_000))?.open ?? 0) === 0, { what: 'the probing of the port to be over' });
  const before = await house.store.activity.get(id, 30_000);
  const socket = await dialPlain(port);
  socket.write('12345');
  await once(socket, 'data');
  await waitFor(async () => (await house.store.activity.get(id, 30_000))?.open === 1, { what: 'the open connection in the store' });
  socket.end('678');
  assert.equal(await readAll(socket), '678 and goodbye');
  await waitFor(async () => {
    const now = await house.store.activity.get(id, 30_000);
    return now?.open === 0 && now.bytesIn - (before?.bytesIn ?? 0) === 8 && now.bytesOut - (before?.bytesOut ?? 0) === 20 && Date.now() - now.lastUsedAt < 5000;
  }, { what: 'the end in the store' });
  const text = await house.gateway.metrics.registry.metrics();
  assert.match(text, /dbmaker_gateway_bytes_total\{slug="alice-generic-\w+",direction="in"\} 8/);
  assert.match(text, /dbmaker_gateway_connections_total\{protocol="tcp",routed_by="port",tls="false"\} [1-9]/);
});

test('one that does not wake within the deadline is told so in the words of its protocol', async () => {
  await using database = await friendly();
  await using house = await GatewayHouse.open({ wakeDeadlineMs: 400 });
  const postgresql = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, state: 'sleeping' });
  const socket = await dialPlain(postgresql.port);
  socket.write(startup({ user: 'x' }));
  const error = await readError(socket);
  assert.deepEqual([error.C, /did not become ready in time/.test(error.M ?? '')], ['57P03', true]);
  const redis = await house.instance({ engine: 'redis', endpoint: database.endpoint, state: 'sleeping' });
  const client = await dialPlain(redis.port);
  client.write('AUTH x y\r\n');
  assert.match(await readAll(client), /^-LOADING .*did not become ready in time/);
});

test('addresses of IPv6 are seen as they are, and those of IPv4 on the same listener as IPv4', async () => {
  await using echo = await FakeDatabase.open();
  await using house = await GatewayHouse.open({ bind: '::' });
  const six = await house.instance({ endpoint: echo.endpoint, access: { allow: ['::1'] } });
  const four = await house.instance({ endpoint: echo.endpoint, access: { allow: ['127.0.0.0/8'] } });
  const by = (port: number, host: string): Promise<string> => readAll(dial({ port, host, allowHalfOpen: true }).on('error', () => undefined).end('x'));
  assert.deepEqual([await by(six.port, '::1'), await by(six.port, '127.0.0.1')], ['x and goodbye', '']);
  assert.deepEqual([await by(four.port, '::1'), await by(four.port, '127.0.0.1')], ['', 'x and goodbye']);
});

test('one that fell asleep while somebody was connecting is woken again by that connection', async () => {
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { id, port } = await house.instance({ endpoint: database.endpoint });
  const socket = await dialPlain(port);
  socket.write('x');
  await once(socket, 'data');
  await house.store.instances.change(id, { desired: 'sleeping' });
  await house.gateway.update(id);
  assert.equal((await house.store.instances.get(id))?.spec.desired, 'sleeping', 'not before it sleeps: the workers look themselves whether it is used');
  await house.report(id, 'sleeping');
  await waitFor(async () => (await house.store.instances.get(id))?.spec.desired === 'running', { what: 'the wish to wake' });
  socket.destroy();
});

test('a hostile instance that swaps its socket for a link to another socket or a file is refused', async () => {
  const { rename, symlink, rm } = await import('node:fs/promises');
  await using victim = await FakeDatabase.open((socket) => socket.end('secret'));
  await using hostile = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ endpoint: hostile.endpoint });
  const socket = `${hostile.endpoint.directory}/${hostile.endpoint.name}`;
  assert.equal(await readAll((await dialPlain(port)).end('x')), 'x and goodbye');
  await rename(socket, `${socket}.away`);
  for (const target of [`${victim.endpoint.directory}/${victim.endpoint.name}`, '/etc/passwd', '/var/run/docker.sock']) {
    await symlink(target, socket);
    assert.equal(await readAll((await dialPlain(port)).end('x')), '', target);
    await rm(socket);
  }
});

test('a port that another program has is listened on once it is free', async () => {
  const { createServer } = await import('node:net');
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open({ retryMs: 50 });
  const first = await house.instance({ endpoint: database.endpoint });
  const squatter = createServer((socket) => socket.end('squatter'));
  await house.gateway.close(0);
  squatter.listen(first.port, '127.0.0.1');
  await once(squatter, 'listening');
  house.gateway = house.makeGateway({ retryMs: 50 });
  await house.gateway.start();
  assert.equal(await readAll(await dialPlain(first.port)), 'squatter');
  squatter.close();
  await waitFor(async () => (await canDial(first.port)) && (await readAll((await dialPlain(first.port)).end('x'))) === 'x and goodbye', { what: 'the gateway to take the port' });
});
