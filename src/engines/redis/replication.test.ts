import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, connect, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { snapshot } from './replication.ts';

/** Takes any login, and is silent once it was asked for its data. */
let server: Server;
let asked: PromiseWithResolvers<void> = Promise.withResolvers();
before(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', (data) => {
      if (data.includes('SYNC\r\n') && !data.includes('CONFIG')) asked.resolve();
      else socket.write('+OK\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server.close());

async function read(clock: ManualClock, signal?: AbortSignal): Promise<number> {
  const target = {
    username: 'u', password: 'p', database: '0', clock, ...(signal === undefined ? {} : { signal }),
    connect: async () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
  };
  let bytes = 0;
  for await (const chunk of snapshot(target)) bytes += chunk.length;
  return bytes;
}

test('a Redis that says nothing for two minutes is given up, not before', async () => {
  asked = Promise.withResolvers();
  const clock = new ManualClock();
  const reading = read(clock);
  let over = false;
  reading.catch(() => undefined).finally(() => { over = true; });
  await asked.promise;
  clock.advance(119_000);
  await new Promise((resolve) => void setImmediate(resolve));
  assert.equal(over, false);
  clock.advance(2_000);
  await assert.rejects(reading, { code: 'endpoint_unreachable', message: /nothing for 120 seconds/ });
  assert.equal(clock.nextAt(), null, 'no timer is left');
});

test('a backup that is called off ends at once', async () => {
  asked = Promise.withResolvers();
  const ending = new AbortController();
  const reading = read(new ManualClock(), ending.signal);
  await asked.promise;
  ending.abort();
  await assert.rejects(reading, { code: 'cancelled' });
});
