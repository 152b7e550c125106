/** What the gateway does while what stands around it changes, is away or is hostile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { connect as dialTls, type TLSSocket } from 'node:tls';
import { issue } from '../../src/certificates/issue/issue.ts';
import { openCertificates } from '../../src/certificates/index.ts';
import { namesFor } from '../../src/certificates/server-certificate.ts';
import { DbmakerError } from '../../src/domain/errors.ts';
import { systemClock } from '../../src/main/clock.ts';
import { FakeDatabase, GatewayHouse, readAll, storeWith } from '../support/gateway-house.ts';
import { dialPlain, readError, startup } from '../support/raw-postgresql.ts';
import { recordedLog } from '../support/recorded-log.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

const DAY_MS = 86_400_000;
const READY = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

async function sent(port: number, bytes: Buffer | string, localAddress?: string): Promise<Socket> {
  const socket = await dialPlain(port, localAddress);
  socket.write(bytes);
  return socket;
}

test('with the store away known databases are reached, one that sleeps is told about it at the deadline, and what changed meanwhile is known once it is back', async () => {
  await using echo = await FakeDatabase.open();
  let away = false;
  const log = recordedLog();
  const trouble = (): (() => Promise<never>) | null => (away ? () => Promise.reject(new DbmakerError('store_unavailable', 'away')) : null);
  await using house = await GatewayHouse.open({ wakeDeadlineMs: 3500, pollMs: 50 }, { log, store: (real) => storeWith(real, 'instances', trouble) });
  const known = await house.instance({ endpoint: echo.endpoint });
  const asleep = await house.instance({ engine: 'redis', endpoint: echo.endpoint, state: 'sleeping' });
  away = true;
  await waitFor(() => log.said.some(({ text }) => /routes cannot be read; known ones are served on/.test(text)), { what: 'the trouble to be told' });
  assert.equal(await readAll((await dialPlain(known.port)).end('x')), 'x and goodbye');
  assert.match(await readAll(await sent(asleep.port, 'AUTH x y\r\n')), /^-\w+ /);
  await house.store.instances.change(known.id, { desired: 'stopped' });
  away = false;
  await waitFor(async () => (await readAll((await dialPlain(known.port)).end('x'))) === '', { what: 'the stop to be known, without a hint' });
  assert.equal(log.said.filter(({ level }) => level === 'warn').length, 1, 'told once');
  assert.ok(log.said.some(({ text }) => /the store is back/.test(text)));
});

test('a new certificate is shown to the next client, and the sessions that began with the old one go on', async () => {
  await using echo = await FakeDatabase.open();
  await using home = await temporaryDirectory('renewed');
  const authority = await issue({ kind: 'authority', name: 'An organisation', notBefore: Date.now() - DAY_MS, notAfter: Date.now() + 90 * DAY_MS });
  const files = { certFile: path.join(home.path, 'fullchain.pem'), keyFile: path.join(home.path, 'privkey.pem') };
  const put = async (days: number): Promise<void> => {
    const pair = await issue({ kind: 'server', authority, names: namesFor('db.test'), notBefore: Date.now() - DAY_MS, notAfter: Date.now() + days * DAY_MS });
    await writeFile(files.keyFile, pair.key);
    await writeFile(files.certFile, pair.certificate);
  };
  await put(30);
  const certificates = await openCertificates({ home: home.path, domain: 'db.test', files, clock: systemClock, log: recordedLog() });
  try {
    await using house = await GatewayHouse.open({}, { certificates });
    const { slug } = await house.instance({ endpoint: echo.endpoint });
    const dial = async (): Promise<TLSSocket> => {
      const socket = dialTls({ port: house.ports.tls, host: '127.0.0.1', ca: authority.certificate, servername: `${slug}.db.test` });
      await once(socket, 'secureConnect');
      return socket;
    };
    const serial = (socket: TLSSocket): string => socket.getPeerCertificate().serialNumber;
    const old = await dial();
    const before = serial(old);
    await put(60);
    await waitFor(async () => {
      const socket = await dial();
      const now = serial(socket);
      socket.destroy();
      return now !== before;
    }, { what: 'the new certificate', timeoutMs: 90_000, intervalMs: 200 });
    assert.equal(await readAll(old.end('still here')), 'still here and goodbye');
  } finally {
    certificates.stop();
  }
});

test('a backend that answers a login with nonsense or without end costs its client the connection, and us no memory', async () => {
  let answer: (socket: Socket) => void = () => undefined;
  await using hostile = await FakeDatabase.open((socket) => void socket.once('data', () => answer(socket)));
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ engine: 'postgresql', endpoint: hostile.endpoint });
  const notice = Buffer.concat([Buffer.from('N'), Buffer.from([0, 1, 0, 0]), Buffer.alloc(65532, 'x')]);
  const answers: [string, (socket: Socket) => void][] = [
    ['said too much', (socket) => { for (let count = 0; count < 100; count += 1) socket.write(notice); }],
    ['does not speak', (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(10))],
    ['does not speak', (socket) => void socket.write(Buffer.from([0x52, 0xff, 0xff, 0xff, 0xff]))],
  ];
  for (const [words, hostileAnswer] of answers) {
    answer = hostileAnswer;
    const text = await readAll(await sent(port, startup({ user: 'x' })));
    assert.match(text, new RegExp(`57P03.*The database ${words}`, 's'));
    await waitFor(() => hostile.sockets.every(({ destroyed, readableEnded }) => destroyed || readableEnded), { what: 'its connection to be ended' });
  }
});

test('a PROXY header leads the way on the shared ports too, of IPv6 clients as well; LOCAL is the load balancer itself; none within the deadline ends it', async () => {
  await using database = await FakeDatabase.open((socket) => void socket.once('data', () => socket.write(READY)));
  await using house = await GatewayHouse.open({ proxyProtocolFrom: ['127.0.0.50'] });
  const { slug } = await house.instance({ engine: 'postgresql', endpoint: database.endpoint, access: { allow: ['2001:db8::/32'] } });
  const secure = async (header: string | Buffer): Promise<Socket> => {
    const raw = await sent(house.ports.postgresql, header, '127.0.0.50');
    const socket = dialTls({ socket: raw, ca: house.authority, servername: `${slug}.db.test`, checkServerIdentity: () => undefined, ALPNProtocols: ['postgresql'] }).on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write(startup({ user: 'x' }));
    return socket;
  };
  const six = await secure('PROXY TCP6 2001:db8::7 2001:db8::1 1234 5432\r\n');
  assert.deepEqual((await once(six, 'data'))[0], READY);
  six.destroy();
  const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');
  assert.match((await readError(await secure(local))).M ?? '', /from your address \(127\.0\.0\.50\)/);
  // Of its own: the logins above need their time on a busy machine.
  await using strict = await GatewayHouse.open({ proxyProtocolFrom: ['127.0.0.50'], handshakeMs: 400 });
  const silent = await strict.instance({ engine: 'postgresql', endpoint: database.endpoint });
  const began = performance.now();
  assert.equal(await readAll(await dialPlain(silent.port, '127.0.0.50')), '');
  assert.ok(performance.now() - began > 300);
});
