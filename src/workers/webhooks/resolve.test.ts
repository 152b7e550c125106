import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { startReceiver } from '../../../test/support/webhook-receiver.ts';
import { createPost } from './post.ts';
import { createResolve } from './resolve.ts';

/** A real name server on 127.0.0.1: IPv4 addresses by name; null: it does not answer. Other names do not exist. */
async function startNameServer(names: Readonly<Record<string, readonly string[] | null>>): Promise<AsyncDisposable & { readonly address: string; readonly asked: string[] }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const question = query.subarray(12, at + 5);
    const name = labels.join('.');
    asked.push(name);
    const found = Object.hasOwn(names, name) ? names[name] : [];
    if (found === null || found === undefined) return;
    const isA = question.readUInt16BE(question.length - 4) === 1;
    const addresses = isA ? found : [];
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(0x8180 | (Object.hasOwn(names, name) ? 0 : 3), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    const answers = addresses.map((address) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]));
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => void socket.close(() => resolve()));
    },
  };
}

test('a public name that leads to an address inside is refused when it is sent to, by a real name server', async () => {
  await using names = await startNameServer({ 'hooks.example.com': ['127.0.0.1'], 'metadata.example.com': ['169.254.169.254', '10.0.0.1'] });
  await using receiver = await startReceiver();
  const send = (name: string, allow: string[]) => createPost({ clock: new ManualClock(), resolve: createResolve([names.address]), allow, own: () => [], timeoutMs: 10_000 })(
    { url: `http://${name}:${receiver.port}/`, headers: {}, body: '{}' }, new AbortController().signal);
  assert.match((await send('hooks.example.com', []))?.error ?? '', /^Refused: its URL leads to a loopback address\./);
  assert.match((await send('metadata.example.com', ['127.0.0.0/8']))?.error ?? '', /^Refused: its URL leads to a cloud metadata address\./);
  assert.equal(receiver.connections(), 0);
  assert.equal((await send('hooks.example.com', ['127.0.0.0/8']))?.status, 204);
  assert.ok(names.asked.includes('hooks.example.com'));
});

test('a name that DNS does not know may be one of the system\'s own', async () => {
  await using names = await startNameServer({});
  assert.ok((await createResolve([names.address])('localhost')).some((address) => address === '127.0.0.1' || address === '::1'));
  await assert.rejects(createResolve([names.address])('nobody.invalid'), /ENOTFOUND|EAI_AGAIN/);
});

test('name servers that do not answer hold up nobody else', async () => {
  await using names = await startNameServer({ 'slow.example.com': null, 'quick.example.com': ['1.1.1.1'] });
  const resolve = createResolve([names.address], 250);
  let slow = 0;
  const waiting = Array.from({ length: 30 }, () => resolve('slow.example.com').catch(() => undefined).finally(() => (slow += 1)));
  assert.deepEqual(await resolve('quick.example.com'), ['1.1.1.1']);
  assert.equal(slow, 0);
  await Promise.all(waiting);
});
