import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { test } from 'node:test';
import { FakeDatabase, GatewayHouse, canDial, readAll } from '../support/gateway-house.ts';
import { waitFor } from '../support/wait.ts';

const to = (port: number, allowHalfOpen = true) => dial({ port, host: '127.0.0.1', allowHalfOpen });

test('bytes pass both ways, and a half-close reaches the other side before its last answer comes back', async () => {
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ endpoint: database.endpoint });
  assert.equal(await readAll(to(port).end('hello')), 'hello and goodbye');
});

test('a client that never reads 50 MB holds only the buffers of the sockets', async () => {
  // Only to who has asked: not to the probing of the port, whose 50 MB would count as well, and whose connection could be taken for the client's.
  await using database = await FakeDatabase.open((socket) => void socket.once('data', () => socket.write(Buffer.alloc(50 * 1024 * 1024, 1))));
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ endpoint: database.endpoint });
  const before = process.memoryUsage().arrayBuffers;
  const client = to(port);
  await once(client, 'connect');
  client.pause().write('?');
  const sent = await waitFor(() => database.sockets.find(({ bytesWritten }) => bytesWritten > 0), { what: 'the instance to send' });
  await waitFor(() => sent.writableLength > 30 * 1024 * 1024, { what: 'the sender to be held back' });
  // The 50 MB are the sender's own buffer in this process; what the gateway holds comes on top of it.
  assert.ok(process.memoryUsage().arrayBuffers - before < 60 * 1024 * 1024);
  client.destroy();
  await waitFor(() => sent.destroyed, { what: 'the instance to be told that the client is gone' });
});

test('fifty connections at once wake a sleeping instance once, and all go through', async () => {
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { id, port } = await house.instance({ endpoint: database.endpoint, state: 'sleeping' });
  const answers = Promise.all(Array.from({ length: 50 }, () => readAll(to(port).end('x'))));
  await waitFor(async () => (await house.store.instances.get(id))?.spec.desired === 'running', { what: 'the wish to wake' });
  await house.report(id, 'running');
  assert.deepEqual(new Set(await answers), new Set(['x and goodbye']));
  const woken = (await house.store.events.list({ instanceId: id }, { limit: 100 })).filter((event) => event.type === 'instance.waking');
  assert.equal(woken.length, 1);
});

test('what a person stopped is not woken: the connection ends', async () => {
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { id, port } = await house.instance({ endpoint: database.endpoint, state: 'stopped' });
  assert.equal(await readAll(to(port)), '');
  assert.equal((await house.store.instances.get(id))?.spec.desired, 'stopped');
});

test('a database that is tried again only in a quarter of an hour keeps nobody waiting: the connection ends at once', async () => {
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { id, port } = await house.instance({ endpoint: database.endpoint });
  await house.report(id, 'failed', Date.now() + 900_000);
  await house.gateway.update(id);
  const began = performance.now();
  assert.equal(await readAll(to(port)), '');
  assert.ok(performance.now() - began < 5_000, 'it waited out its deadline of 10 s');
});

test('a deleted instance has no listener any more', async () => {
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { id, port } = await house.instance({ endpoint: database.endpoint });
  await house.store.instances.change(id, { desired: 'deleted' });
  await house.gateway.update(id);
  await waitFor(async () => !(await canDial(port)), { what: 'the listener to be gone' });
});

test('an instance that is being restarted is waited for', async () => {
  await using database = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { id, port } = await house.instance({ endpoint: database.endpoint });
  await database.leave();
  const answer = readAll(to(port).end('late'));
  await database.listen();
  await house.report(id, 'running');
  assert.equal(await answer, 'late and goodbye');
});
