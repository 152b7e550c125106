import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, connect as netConnect, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { DbmakerError } from '../domain/errors.ts';
import type { EngineTarget } from '../domain/ports/engine.ts';
import { systemClock } from '../main/clock.ts';
import { withConnection } from './with-connection.ts';

let server: Server;
let greeting = '';
before(async () => {
  server = createServer((socket) => void socket.on('error', () => undefined).end(greeting));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server.close());

async function connect(): Promise<Socket> {
  const socket = netConnect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
const target = (change: Partial<EngineTarget> = {}): EngineTarget => ({ connect, username: 'u', password: 'p', database: 'd', clock: systemClock, ...change });
const never = (): Promise<never> => Promise.withResolvers<never>().promise;

test('hands over the connection, returns what came of it, and closes it', async () => {
  let seen: Socket | undefined;
  const result = await withConnection(target(), 5_000, async (socket) => {
    seen = socket;
    return 42;
  });
  assert.equal(result, 42);
  assert.equal(seen?.destroyed, true);
});

test('closes the connection when the work fails, and passes the error on', async () => {
  let seen: Socket | undefined;
  const work = withConnection(target(), 5_000, async (socket) => {
    seen = socket;
    throw new DbmakerError('disk_full', 'full');
  });
  await assert.rejects(work, { code: 'disk_full' });
  assert.equal(seen?.destroyed, true);
});

test('a reader that attaches late misses nothing of what was sent at once', async () => {
  greeting = 'hello, early bird';
  const text = await withConnection(target(), 5_000, async (socket) => {
    await new Promise((resolve) => void setImmediate(resolve));
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return chunk.toString();
  });
  greeting = '';
  assert.equal(text, 'hello, early bird');
});

test('work and connecting are cut at the limit, not before', async () => {
  for (const change of [{}, { connect: never }]) {
    const clock = new ManualClock();
    let settled = false;
    const work = withConnection(target({ clock, ...change }), 30_000, never).finally(() => (settled = true));
    work.catch(() => undefined);
    clock.advance(29_999);
    await new Promise((resolve) => void setImmediate(resolve));
    assert.equal(settled, false);
    clock.advance(1);
    await assert.rejects(work, { code: 'endpoint_unreachable' });
  }
});

test('what ends within the limit leaves no timer', async () => {
  const clock = new ManualClock();
  await withConnection(target({ clock }), 30_000, async () => undefined);
  assert.equal(clock.nextAt(), null);
});

test('a connection that comes after the limit is closed', async () => {
  const clock = new ManualClock();
  const late = Promise.withResolvers<Socket>();
  const work = withConnection(target({ clock, connect: () => late.promise }), 30_000, never);
  clock.advance(30_000);
  await assert.rejects(work, { code: 'endpoint_unreachable' });
  const socket = await connect();
  late.resolve(socket);
  await once(socket, 'close');
});

test('a cancelled caller gets `cancelled`, before and during the work', async () => {
  const abort = new AbortController();
  const work = withConnection(target({ signal: abort.signal }), 5_000, never);
  abort.abort();
  await assert.rejects(work, { code: 'cancelled' });
  await assert.rejects(withConnection(target({ signal: abort.signal }), 5_000, never), { code: 'cancelled' });
});
