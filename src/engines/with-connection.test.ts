import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, connect as netConnect, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
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

test('work and connecting are cut at the limit', async () => {
  await assert.rejects(withConnection(target(), 30, never), { code: 'endpoint_unreachable' });
  await assert.rejects(withConnection(target({ connect: never }), 30, never), { code: 'endpoint_unreachable' });
});

test('a connection that comes after the limit is closed', async () => {
  const late = Promise.withResolvers<Socket>();
  await assert.rejects(withConnection(target({ connect: () => late.promise }), 10, never), { code: 'endpoint_unreachable' });
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
