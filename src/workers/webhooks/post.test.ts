import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { waitFor } from '../../../test/support/wait.ts';
import { accept, hang, say, startReceiver } from '../../../test/support/webhook-receiver.ts';
import type { Attempt } from '../../domain/webhook/retry.ts';
import { createPost } from './post.ts';
import type { Resolve } from './resolve.ts';

const LOOPBACK = ['127.0.0.1/32'];
const never = new AbortController().signal;
const unknown: Resolve = async () => Promise.reject(Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' }));

function under(options: { resolve?: Resolve; allow?: readonly string[]; own?: readonly string[] } = {}): { clock: ManualClock; send: (url: string, signal?: AbortSignal) => Promise<Attempt | null> } {
  const clock = new ManualClock();
  const post = createPost({ clock, resolve: options.resolve ?? unknown, allow: options.allow ?? LOOPBACK, own: () => options.own ?? [], timeoutMs: 10_000 });
  return { clock, send: (url, signal = never) => post({ url, headers: { 'webhook-id': 'msg_1' }, body: '{"type":"é"}' }, signal) };
}

const noAnswer = (error: string): Attempt => ({ status: null, error, retryAfterMs: null });
const refused = (what: string): Attempt => noAnswer(`Refused: its URL leads to ${what}. An admin can allow it (DBMAKER_WEBHOOK_ALLOW).`);

test('a message arrives as it was given, and the status is what the receiver said', async () => {
  await using receiver = await startReceiver();
  const { send } = under();
  assert.deepEqual(await send(`${receiver.url}?a=b%20c`), { status: 204, error: null, retryAfterMs: null });
  const [got] = receiver.received;
  assert.deepEqual([got!.method, got!.path, got!.body], ['POST', '/hook?a=b%20c', '{"type":"é"}']);
  assert.deepEqual([got!.headers['content-type'], got!.headers['content-length'], got!.headers['webhook-id'], got!.headers.host], ['application/json', '13', 'msg_1', `127.0.0.1:${receiver.port}`]);
  receiver.answer = say(503, { 'retry-after': '120' });
  assert.deepEqual(await send(receiver.url), { status: 503, error: null, retryAfterMs: 120_000 });
  receiver.answer = say(429, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' });
  assert.deepEqual(await send(receiver.url), { status: 429, error: null, retryAfterMs: null });
});

test('a receiver that says nothing is left after ten seconds', async () => {
  await using receiver = await startReceiver(hang);
  const { clock, send } = under();
  const attempt = send(receiver.url);
  await waitFor(() => receiver.received.length === 1, { what: 'the request' });
  clock.advance(10_000);
  assert.deepEqual(await attempt, noAnswer('It did not answer within 10 s.'));
  await waitFor(() => receiver.open() === 0, { what: 'the connection to be closed' });
  assert.equal(clock.nextAt(), null);
});

test('so is one that has said how it went and goes on talking, or stays silent: it counts', async () => {
  await using receiver = await startReceiver((_received, response) => void response.writeHead(200).write('x'.repeat(60 * 1024)));
  const { clock, send } = under();
  const silent = send(receiver.url);
  await waitFor(() => receiver.received.length === 1, { what: 'the request' });
  let ended = false;
  void silent.then(() => (ended = true));
  await waitFor(() => { clock.advance(1000); return ended; }, { what: 'the end' });
  assert.equal((await silent)?.status, 200);
  receiver.answer = (_received, response) => {
    const flood = (): void => { while (!response.destroyed && response.write('x'.repeat(64 * 1024))); };
    response.writeHead(200).on('drain', flood);
    flood();
  };
  assert.equal((await send(receiver.url))?.status, 200); // no clock moves: it ends by the size
  await waitFor(() => receiver.open() === 0, { what: 'the connection to be closed' });
});

test('a redirect is a failure that says so, and nobody goes there', async () => {
  await using inside = await startReceiver();
  await using receiver = await startReceiver(say(307, { location: inside.url }));
  assert.deepEqual(await under().send(receiver.url), { status: 307, error: 'It answered 307: redirects are not followed.', retryAfterMs: null });
  assert.equal(inside.connections(), 0);
});

test('an address inside is refused, whether the URL holds it or a name leads to it, and is not connected to', async () => {
  await using receiver = await startReceiver();
  for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', '[::1]']) {
    assert.deepEqual(await under({ allow: [] }).send(`http://${host}:${receiver.port}/`), refused('a loopback address'), host);
  }
  const leadsTo = (...addresses: string[]) => under({ allow: [], resolve: async () => addresses }).send(`http://hooks.example.com:${receiver.port}/`);
  assert.deepEqual(await leadsTo('127.0.0.1'), refused('a loopback address'));
  assert.deepEqual(await leadsTo('::1'), refused('a loopback address'));
  assert.deepEqual(await leadsTo('::ffff:127.0.0.1'), refused('a loopback address'));
  assert.deepEqual(await leadsTo('10.0.0.1', '127.0.0.1'), refused('a private address'));
  assert.deepEqual(await leadsTo('169.254.169.254'), refused('a cloud metadata address'));
  assert.deepEqual(await leadsTo(), refused('no address'));
  assert.equal(receiver.connections(), 0);
});

test('a name is judged anew for every connection: one that changes its mind gains nothing', async () => {
  await using receiver = await startReceiver();
  const answers = [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1', '127.0.0.2']];
  const { send } = under({ resolve: async () => answers.shift()! });
  const url = `http://hooks.example.com:${receiver.port}/`;
  assert.equal((await send(url))?.status, 204);
  assert.deepEqual(await send(url), refused('a loopback address')); // 127.0.0.2 is not allowed
  assert.equal((await send(url))?.status, 204); // the one of the two that is
  assert.deepEqual([receiver.connections(), receiver.received[1]!.headers.host], [2, `hooks.example.com:${receiver.port}`]);
});

test('why nothing came of it is said without address and URL', async () => {
  const mute = createServer((socket) => { socket.on('error', () => undefined).once('data', () => socket.destroy()); }).listen(0, '127.0.0.1');
  const babbler = createServer((socket) => { socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.6\r\n'); }).listen(0, '127.0.0.1');
  await Promise.all([once(mute, 'listening'), once(babbler, 'listening')]);
  const port = (server: typeof mute): number => (server.address() as AddressInfo).port;
  const { send } = under();
  try {
    assert.deepEqual(await send(`http://127.0.0.1:${port(mute)}/?key=s3cret`), noAnswer('It closed the connection without an answer.'));
    assert.deepEqual(await send(`http://127.0.0.1:${port(babbler)}/`), noAnswer('It does not answer in HTTP.'));
    assert.deepEqual(await send(`https://127.0.0.1:${port(babbler)}/`), noAnswer('It does not speak TLS as we do.'));
  } finally {
    mute.close();
    babbler.close();
  }
  assert.deepEqual(await send(`http://127.0.0.1:${port(await closed())}/`), noAnswer('Nobody listens there (connection refused).'));
  assert.deepEqual(await send('http://nobody.example.com/'), noAnswer('Its host name is not known.'));
});

/** A server whose port is free again. */
async function closed(): Promise<ReturnType<typeof createServer>> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return Object.assign(server, { address: () => address });
}

test('what is cut off by us says nothing of how it went', async () => {
  await using receiver = await startReceiver(hang);
  const { clock, send } = under();
  const ending = new AbortController();
  const attempt = send(receiver.url, ending.signal);
  await waitFor(() => receiver.received.length === 1, { what: 'the request' });
  ending.abort();
  assert.equal(await attempt, null);
  assert.equal(await send(receiver.url, ending.signal), null);
  assert.equal(clock.nextAt(), null);
  receiver.answer = accept;
});

test('the public addresses of this machine itself are refused like its private ones, by name and as such, unless they are allowed', async () => {
  const own = ['198.101.1.2', 'fe80::1%eth0', '2a01:4f8::7'];
  for (const url of ['http://hooks.example.com/', 'http://198.101.1.2:8080/', 'http://[2a01:4f8::7]/', 'http://[2002:c665:102::]/']) {
    const { send } = under({ own, resolve: async () => ['198.101.1.2', '2a01:4f8:0:0::7'] });
    assert.equal((await send(url))?.error, refused('an address of this machine').error, url);
  }
  await using receiver = await startReceiver();
  assert.equal((await under({ own: ['127.0.0.1'] }).send(receiver.url))?.status, 204, 'what an admin allows is allowed');
});
