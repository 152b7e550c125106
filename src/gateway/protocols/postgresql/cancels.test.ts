import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { temporaryDirectory } from '../../../../test/support/tmp.ts';
import { waitFor } from '../../../../test/support/wait.ts';
import { createConnect } from '../../../net/connect.ts';
import { encodeCancelRequest } from './cancel-request.ts';
import { cancelBackend } from './cancels.ts';

const KEY = Buffer.from('abcd');

for (const [title, closes] of [['when the server closes the connection', true], ['after 5 seconds of the clock where the server does not close it', false]] as const) {
  test(`a cancel request is over ${title}`, async () => {
    await using home = await temporaryDirectory('cancels');
    const clock = new ManualClock();
    const got: Buffer[] = [];
    const arrived: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      arrived.push(socket);
      socket.on('error', () => undefined).on('data', (chunk) => got.push(chunk)).on('end', () => { if (closes) socket.end(); });
    });
    server.listen(path.join(home.path, 'pg.sock'));
    await once(server, 'listening');
    let settled = false;
    const endpoint = { kind: 'unix', directory: home.path, name: 'pg.sock' } as const;
    const asking = cancelBackend({ connect: createConnect(clock), clock }, { endpoint, instanceId: 'i', processId: 7, key: KEY }).finally(() => (settled = true));
    await waitFor(() => arrived[0]?.readableEnded, { what: 'the request to be sent' });
    assert.deepEqual(Buffer.concat(got), encodeCancelRequest(7, KEY));
    if (!closes) {
      clock.advance(4_999);
      await new Promise((resolve) => void setImmediate(resolve));
      assert.equal(settled, false);
      clock.advance(1);
    }
    await asking;
    assert.equal(clock.nextAt(), null);
    for (const socket of arrived) socket.destroy();
    server.close();
  });
}
