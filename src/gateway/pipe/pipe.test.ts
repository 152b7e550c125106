import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as dial, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connect as dialTls, TLSSocket } from 'node:tls';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { quietLog } from '../../../test/support/quiet-log.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../../test/support/tmp.ts';
import { waitFor } from '../../../test/support/wait.ts';
import { openCertificates } from '../../certificates/index.ts';
import type { Certificates } from '../../domain/ports/certificates.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { systemClock } from '../../main/clock.ts';
import { internals } from './handles.ts';
import { pipe } from './pipe.ts';
import type { Piped, ReadAhead } from './piped.ts';
import { rawPipe } from './raw-pipe.ts';
import { streamPipe } from './stream-pipe.ts';

let home: TemporaryDirectory;
let certificates: Certificates;
before(async () => {
  home = await temporaryDirectory('pipe');
  certificates = await openCertificates({ home: home.path, domain: 'db.test', files: null, clock: systemClock, log: quietLog });
});
after(async () => {
  certificates.stop();
  await home[Symbol.asyncDispose]();
});
const LAST_BYTES_MS = 5 * 60_000;
const NOTHING: ReadAhead = { fromClient: Buffer.alloc(0), fromInstance: Buffer.alloc(0) };

interface Way extends AsyncDisposable {
  /** The client's end. */
  readonly client: Socket;
  /** What the client's end stands on: itself, or the TCP connection below TLS. */
  readonly raw: Socket;
  /** The instance's end. */
  readonly instance: Socket;
  readonly piped: Piped;
  /** Our legs in the middle. */
  readonly legs: readonly [Socket, Socket];
}

async function listening(serve: (socket: Socket) => void): Promise<{ server: Server; where: string }> {
  const where = path.join(home.path, randomBytes(6).toString('hex'));
  const server = createServer({ allowHalfOpen: true }, serve);
  server.listen(where);
  await once(server, 'listening');
  return { server, where };
}

interface WayOptions {
  readonly tls?: boolean;
  readonly ahead?: ReadAhead;
  readonly join?: typeof rawPipe;
  readonly clock?: Clock;
  /** Runs before both legs are joined. */
  readonly before?: (leg: Socket, client: Socket) => Promise<unknown>;
}

/** client <-> (leg, pipe, leg) <-> instance, with real sockets; `tls`: on the client's side. */
async function way({ tls = false, ahead = NOTHING, join = rawPipe, clock = systemClock, before = async () => undefined }: WayOptions = {}): Promise<Way> {
  let instanceEnd: Socket | undefined;
  const backend = await listening((socket) => { instanceEnd = socket.on('error', () => undefined); });
  const leg2 = dial({ path: backend.where, allowHalfOpen: true }).on('error', () => undefined);
  await once(leg2, 'connect');
  const arrived: Socket[] = [];
  const front = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => arrived.push(socket.on('error', () => undefined)));
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const { port } = front.address() as { port: number };
  const raw = dial({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
  const client = tls ? dialTls({ socket: raw, rejectUnauthorized: false }).on('error', () => undefined) : raw;
  const [leg] = [await waitFor(() => arrived[0], { what: 'the client to arrive' })];
  let leg1: Socket = leg;
  if (tls) {
    leg1 = new TLSSocket(leg, { isServer: true, secureContext: certificates.current.context }).on('error', () => undefined);
    await once(leg1, 'secure');
  }
  await before(leg1, client);
  const piped = pipe(leg1, leg2, { ahead, join, clock });
  const instance = await waitFor(() => instanceEnd, { what: 'the instance\'s end' });
  return {
    client, raw, instance, piped, legs: [leg1, leg2],
    async [Symbol.asyncDispose]() {
      for (const socket of [client, raw, instance, leg1, leg2]) socket.destroy();
      await Promise.all([backend.server, front].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** Writes in random pieces, waiting where the socket says so, and ends. */
async function send(socket: Socket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const size = Math.random() < 0.5 ? 1 + Math.floor(Math.random() * 200) : 1 + Math.floor(Math.random() * 200_000);
    const free = socket.write(bytes.subarray(at, at + size));
    at += size;
    if (!free) await once(socket, 'drain');
    else if (Math.random() < 0.1) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

async function receive(socket: Socket, slow: boolean): Promise<{ length: number; hash: string }> {
  const hash = createHash('sha256');
  let length = 0;
  // A plain `for await` destroys the socket behind the last byte, and with it what we have not sent yet the other way.
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    hash.update(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (slow && Math.random() < 0.05) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return { length, hash: hash.digest('hex') };
}

/** Waits until something has moved, and then no more. Not by one look: after this process has stood still itself, that comes before what has arrived meanwhile. */
async function standsStill(count: () => number): Promise<void> {
  let [seen, looks] = [0, 0];
  await waitFor(() => {
    looks = seen > 0 && count() === seen ? looks + 1 : 0;
    seen = count();
    return looks >= 3;
  }, { what: 'the bytes to stand still', intervalMs: 100 });
}

const digest = (bytes: Buffer) => ({ length: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') });

test('this Node has what the fast way needs', () => {
  assert.notEqual(internals, null, 'the handles of Node have changed: see docs/adr/0005');
});

for (const [name, join] of [['beneath the streams', rawPipe], ['by streams', streamPipe]] as const) {
  for (const tls of [false, true]) {
    const title = `${name}, ${tls ? 'TLS' : 'plain'}`;
    test(`${title}: what either side sends in whatever pieces arrives in order and whole, both ways at once, also at a slow reader`, async () => {
      for (const slow of [false, true]) {
        await using line = await way({ tls, join });
        const [up, down] = [randomBytes(slow ? 3_000_000 : 20_000_000), randomBytes(slow ? 3_000_000 : 20_000_000)];
        const [there, back] = await Promise.all([receive(line.instance, slow), receive(line.client, slow), send(line.client, up), send(line.instance, down)]);
        assert.deepEqual(there, digest(up));
        assert.deepEqual(back, digest(down));
        assert.deepEqual([line.piped.bytesIn, line.piped.bytesOut], [up.length, down.length]);
        await waitFor(() => line.legs.every(({ destroyed }) => destroyed), { what: 'both legs to be closed once both sides have ended' });
      }
    });

    test(`${title}: what waits for a slow reader is not overwritten, however much garbage is collected meanwhile`, async () => {
      for (let round = 0; round < 3; round += 1) {
        await using line = await way({ tls, join });
        const bytes = randomBytes(8_000_000);
        const garbage = setInterval(() => { for (let count = 0; count < 200; count += 1) Buffer.alloc(64 * 1024, count); }, 1);
        try {
          const [there] = await Promise.all([receive(line.instance, true), send(line.client, bytes)]);
          assert.deepEqual(there, digest(bytes));
        } finally {
          clearInterval(garbage);
        }
      }
    });

    test(`${title}: the end of one side reaches the other, which can still answer`, async () => {
      await using line = await way({ tls, join });
      line.client.end('question');
      let asked = '';
      for await (const chunk of line.instance) asked += String(chunk);
      assert.equal(asked, 'question');
      line.instance.end('answer');
      let answered = '';
      for await (const chunk of line.client) answered += String(chunk);
      assert.equal(answered, 'answer');
    });

    test(`${title}: what was read ahead, on either side, comes first`, async () => {
      await using line = await way({
        tls, join, ahead: { fromClient: Buffer.from('a1'), fromInstance: Buffer.from('b1') },
        before: async (leg, client) => {
          client.write('a2');
          await once(leg, 'readable'); // it lies in the stream's own buffer
        },
      });
      line.client.end('a3');
      line.instance.end('b2');
      let there = '';
      for await (const chunk of line.instance) there += String(chunk);
      assert.equal(there, 'a1a2a3');
      let back = '';
      for await (const chunk of line.client) back += String(chunk);
      assert.equal(back, 'b1b2');
    });

    test(`${title}: a client that ended before it was joined is heard to its end`, async () => {
      await using line = await way({
        tls, join,
        before: async (leg, client) => {
          client.end('all there is');
          await once(leg, 'readable');
          await new Promise((resolve) => setTimeout(resolve, 50)); // the end has come in by now, and stands behind the bytes
        },
      });
      let there = '';
      for await (const chunk of line.instance) there += String(chunk);
      assert.equal(there, 'all there is');
      line.instance.end('bye');
      let back = '';
      for await (const chunk of line.client) back += String(chunk);
      assert.equal(back, 'bye');
    });

    test(`${title}: what waits for a slow client still reaches it after both sides have ended`, async () => {
      await using line = await way({ tls, join });
      line.client.pause();
      const bytes = randomBytes(6_000_000);
      const sending = send(line.instance, bytes);
      await waitFor(() => line.piped.bytesOut > 100_000, { what: 'the first bytes' });
      line.client.end();
      line.instance.resume();
      assert.deepEqual(await receive(line.client, true), digest(bytes));
      await sending;
    });

    test(`${title}: a client that takes nothing of what is left for it is let go 5 minutes after the instance has gone`, async () => {
      const clock = new ManualClock();
      await using line = await way({ tls, join, clock });
      const [leg, instanceLeg] = line.legs;
      line.client.pause();
      line.instance.write(randomBytes(30_000_000));
      await standsStill(() => line.piped.bytesOut);
      instanceLeg.destroy();
      await waitFor(() => clock.nextAt() !== null, { what: 'the limit to begin' });
      clock.advance(LAST_BYTES_MS - 1);
      assert.equal(leg.destroyed, false);
      clock.advance(1);
      assert.equal(leg.destroyed, true);
    });

    test(`${title}: a client that is reset takes the instance's end with it`, async () => {
      await using line = await way({ tls, join });
      line.instance.resume();
      line.instance.once('end', () => line.instance.end()); // where TLS lies between, the reset may come as a plain end
      line.raw.resetAndDestroy();
      await waitFor(() => line.instance.readableEnded && line.legs.every(({ destroyed }) => destroyed), { what: 'both legs to be closed' });
    });

    test(`${title}: an instance that is gone ends the client, and what the client still writes closes both legs`, async () => {
      await using line = await way({ tls, join });
      line.client.resume();
      line.instance.destroy();
      await once(line.client, 'end');
      line.client.write('hello?');
      await waitFor(() => line.legs.every(({ destroyed }) => destroyed), { what: 'both legs to be closed' });
    });

    test(`${title}: a reader who does not read stops the sender`, async () => {
      await using line = await way({ tls, join });
      line.client.pause();
      const bytes = randomBytes(30_000_000);
      const sending = send(line.instance, bytes);
      await waitFor(() => line.piped.bytesOut > 100_000, { what: 'the first bytes' });
      await standsStill(() => line.piped.bytesOut);
      assert.ok(line.piped.bytesOut < 20_000_000, `${line.piped.bytesOut} bytes were taken`);
      assert.deepEqual(await receive(line.client, false), digest(bytes));
      await sending;
    });
  }
}

test('a client that takes some of what is left for it every 5 minutes is not let go until it stops', async () => {
  const clock = new ManualClock();
  const bytes = randomBytes(40_000_000);
  await using line = await way({ clock, before: async (leg) => void leg.write(bytes) });
  const [leg, instanceLeg] = line.legs;
  let [taken, goal] = [0, 0];
  line.client.on('data', (chunk: Buffer) => {
    taken += chunk.length;
    if (taken >= goal) line.client.pause();
  });
  const take = async (count: number): Promise<void> => {
    goal = taken + count;
    line.client.resume();
    await waitFor(() => taken >= goal, { what: 'the client to have read' });
  };
  await take(1);
  instanceLeg.destroy();
  await waitFor(() => clock.nextAt() !== null, { what: 'the limit to begin' });
  for (let round = 0; round < 2; round += 1) {
    await take(8_000_000);
    clock.advance(LAST_BYTES_MS);
    assert.equal(leg.destroyed, false, `round ${String(round)}`);
  }
  clock.advance(2 * LAST_BYTES_MS); // the first look may still see what moved last
  assert.equal(leg.destroyed, true);
});
