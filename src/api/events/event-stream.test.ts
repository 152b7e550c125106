import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { EventStream } from './event-stream.ts';

const COMMENT = '#'.repeat(64 * 1024);

test('of a client that reads nothing it may be asked as often as one likes whether it has taken what it was told, and all are answered once it reads', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  try {
    const stream = new EventStream(response, 'localhost', { userId: 'u', isAdmin: false, all: false });
    const listeners = (): number[] => ['drain', 'close'].map((event) => response.listenerCount(event));
    while (stream.taken() === null) response.write(COMMENT);
    const before = listeners();
    const asked = Array.from({ length: 100 }, async () => stream.taken());
    assert.deepEqual(listeners(), before);
    client.resume();
    await Promise.all(asked);
    assert.equal(stream.taken(), null);
    client.pause();
    while (stream.taken() === null) response.write(COMMENT);
    const leaves = stream.taken();
    client.destroy();
    await leaves;
  } finally {
    client.destroy();
    server.close();
  }
});
