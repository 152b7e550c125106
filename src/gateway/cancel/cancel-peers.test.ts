import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { quietLog } from '../../../test/support/quiet-log.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { waitFor } from '../../../test/support/wait.ts';
import { createConnect } from '../../net/connect.ts';
import { listenUnix } from '../../net/listen-unix.ts';
import { encodeCancelRequest } from '../protocols/postgresql/cancel-request.ts';
import { CancelPeers } from './cancel-peers.ts';

const REQUEST = encodeCancelRequest(7, Buffer.from('abcd'));

function peersIn(directory: string, number: number, clock: ManualClock, cancel = async (): Promise<boolean> => true): CancelPeers {
  return new CancelPeers({ directory, number, connect: createConnect(clock), listenUnix, clock, log: quietLog, cancel });
}

test('a cancel request reaches the process that holds the session, and its answer comes back; no timer is left', async () => {
  await using home = await temporaryDirectory('peers');
  const clock = new ManualClock();
  const asked: unknown[] = [];
  const other = peersIn(home.path, 2, clock, async (...request: unknown[]) => asked.push(request) === 1);
  await other.start();
  const own = peersIn(home.path, 1, clock);
  assert.equal(await own.forward(2, REQUEST), true);
  assert.deepEqual(asked, [[7, Buffer.from('abcd')]]);
  assert.equal(await own.forward(2, REQUEST), false);
  assert.equal(await own.forward(3, REQUEST), false, 'nobody there');
  other.stop();
  await waitFor(() => clock.nextAt() === null, { what: 'all timers to be gone' });
});

test('a process that does not answer counts as one that does not know the session, after 5 seconds of the clock', async () => {
  await using home = await temporaryDirectory('peers');
  const arrived: Socket[] = [];
  const deaf = createServer((socket) => arrived.push(socket.on('error', () => undefined)));
  deaf.listen(path.join(home.path, 'gateway-2.sock'));
  await once(deaf, 'listening');
  const clock = new ManualClock();
  let settled = false;
  const asking = peersIn(home.path, 1, clock).forward(2, REQUEST).finally(() => (settled = true));
  await waitFor(() => arrived[0]?.readableLength === REQUEST.length, { what: 'the request' });
  clock.advance(4_999);
  await new Promise((resolve) => void setImmediate(resolve));
  assert.equal(settled, false);
  clock.advance(1);
  assert.equal(await asking, false);
  arrived[0]?.destroy();
  deaf.close();
});

test('who connects and does not ask is let go after 5 seconds of the clock', async () => {
  await using home = await temporaryDirectory('peers');
  const clock = new ManualClock();
  const peers = peersIn(home.path, 1, clock);
  await peers.start();
  const idle = createConnection(path.join(home.path, 'gateway-1.sock')).on('error', () => undefined);
  await waitFor(() => clock.nextAt() !== null, { what: 'the limit to begin' });
  clock.advance(4_999);
  assert.equal(idle.destroyed, false);
  const closed = once(idle.resume(), 'close');
  clock.advance(1);
  await closed;
  peers.stop();
});
