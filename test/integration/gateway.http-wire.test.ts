/** What HTTP through the gateway looks like in bytes: framing, smuggling, upgrades, deadlines. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { connect as dialTls } from 'node:tls';
import { HttpProxy } from '../../src/gateway/protocols/http/serve.ts';
import { FakeDatabase, GatewayHouse, readAll } from '../support/gateway-house.ts';
import { dialPlain } from '../support/raw-postgresql.ts';
import { waitFor } from '../support/wait.ts';

const UNLIMITED = { connectionsPerSource: 1e6, handshakesPerSource: 1e6, failedLookupsPerSource: 1e6, connectionsPerInstance: 1e6, handshakesPerInstance: 1e6 };
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Service extends AsyncDisposable {
  readonly database: FakeDatabase;
  readonly endpoint: FakeDatabase['endpoint'];
  /** What came on each connection. */
  readonly seen: string[];
}

/** Answers each connection once, when the head of a request (and the end of a chunked body) has come; `null`: never. */
async function service(answer: string | null | ((socket: Socket) => void) = OK): Promise<Service> {
  const seen: string[] = [];
  const database = await FakeDatabase.open((socket) => {
    const index = seen.push('') - 1;
    let answered = false;
    socket.on('data', (data: Buffer) => {
      const text = `${seen[index]}${data.toString('latin1')}`;
      seen[index] = text;
      if (answered || !text.includes('\r\n\r\n') || (/transfer-encoding: chunked/i.test(text) && !text.endsWith('\r\n0\r\n\r\n'))) return;
      answered = true;
      if (typeof answer === 'string') socket.end(answer);
      else answer?.(socket);
    });
    socket.on('end', () => socket.end());
  });
  return { database, endpoint: database.endpoint, seen, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

async function open(web: Service, settings: Parameters<typeof GatewayHouse.open>[0] = {}) {
  const house = await GatewayHouse.open(settings);
  const { slug, port } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  await waitFor(async () => (await house.gateway.metrics.handshakes.get()).values[0]?.value === 0, { what: 'the probing of the port to be over' });
  return { house, host: `${slug}.db.test`, port, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
}

/** All that is answered until the connection ends. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = await dialPlain(port);
  socket.write(bytes, 'latin1');
  return readAll(socket);
}

async function until(socket: Socket, pattern: RegExp): Promise<string> {
  let text = '';
  for (;;) {
    const match = pattern.exec(text);
    if (match !== null) return text;
    const [data] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
    if (!Buffer.isBuffer(data)) throw new Error(`ended with ${text}`);
    text += data.toString('latin1');
  }
}

const openUpstreams = async (house: GatewayHouse): Promise<number> => (await house.gateway.metrics.open.get()).values.reduce((sum, { value }) => sum + value, 0);
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: echo\r\n';

test('an upgrade that is not answered ends with its client: the service\'s connection is closed and what was counted is given back', async () => {
  await using web = await service(null);
  await using at = await open(web, { limits: { ...UNLIMITED, connectionsPerInstance: 1 } });
  for (const leave of ['end', 'destroy', 'late end'] as const) {
    const before = web.database.sockets.length;
    const socket = await dialPlain(at.house.ports.tls);
    socket.write(`GET /chat HTTP/1.1\r\nHost: ${at.host}\r\n${UPGRADE}\r\n`);
    await waitFor(() => web.database.sockets.length === before + 1 && web.seen.at(-1)?.includes('/chat'), { what: `the request, ${leave}` });
    if (leave === 'late end') socket.write('something ahead of the answer');
    if (leave === 'destroy') socket.destroy();
    else socket.end();
    await waitFor(() => web.database.sockets.at(-1)?.destroyed, { what: `the service's connection to be closed, ${leave}` });
    await waitFor(async () => (await openUpstreams(at.house)) === 0, { what: 'the count' });
    socket.destroy();
  }
});

test('an upgrade that is not answered in time is refused with 502', async () => {
  await using web = await service(null);
  await using at = await open(web, { handshakeMs: 3500 }); // longer than a busy machine may keep the request itself
  assert.match(await exchange(at.house.ports.tls, `GET / HTTP/1.1\r\nHost: ${at.host}\r\n${UPGRADE}\r\n`), /^HTTP\/1\.1 502 .*\r\n\r\nThe service did not answer within 3\.5 seconds/s);
  await waitFor(() => web.database.sockets.at(-1)?.destroyed, { what: 'the service\'s connection to be closed' });
});

test('a declined upgrade is answered with a well-formed answer, without what holds between two neighbours only', async () => {
  await using web = await service(`HTTP/1.1 403 Not You\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=9\r\nX-Own: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
  await using at = await open(web);
  const text = await exchange(at.house.ports.tls, `GET / HTTP/1.1\r\nHost: ${at.host}\r\n${UPGRADE}\r\n`);
  assert.match(text, /^HTTP\/1\.1 403 Not You\r\n/);
  assert.match(text, /\r\nX-Own: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
  assert.match(text, /\r\nConnection: close\r\n/);
  assert.match(text, /\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/, 'framed once');
  assert.doesNotMatch(text, /keep-alive/i);
  await waitFor(async () => (await openUpstreams(at.house)) === 0, { what: 'the count' });
});

test('a declined upgrade may have a large answer for a slow client', async () => {
  const size = 5_000_000;
  await using web = await service((socket) => socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`));
  await using at = await open(web);
  const text = await exchange(at.house.ports.tls, `GET / HTTP/1.1\r\nHost: ${at.host}\r\n${UPGRADE}\r\n`);
  assert.equal(text.length - text.indexOf('\r\n\r\n') - 4, size);
});

test('a request with a body that asks for an upgrade is passed on as an ordinary one: the body is no request', async () => {
  await using web = await service();
  await using at = await open(web);
  const inner = `GET /admin HTTP/1.1\r\nHost: ${at.host}\r\n\r\n`;
  for (const [framing, body] of [[`Content-Length: ${inner.length}`, inner], ['Transfer-Encoding: chunked', `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`]] as const) {
    web.seen.length = 0;
    assert.match(await exchange(at.house.ports.tls, `POST /x HTTP/1.1\r\nHost: ${at.host}\r\n${UPGRADE}${framing}\r\n\r\n${body}GET /lost HTTP/1.1\r\nHost: ${at.host}\r\n\r\n`), /^HTTP\/1\.1 200 OK[^]*\r\nConnection: close\r\n\r\nok$/);
    await waitFor(() => web.seen[0]?.includes('/admin'), { what: 'the body' });
    assert.equal(web.seen.length, 1);
    assert.match(web.seen[0] ?? '', new RegExp(`^POST /x HTTP/1.1\r\n(?:.+\r\n)*${framing}\r\n`));
    assert.doesNotMatch(web.seen[0]?.split('\r\n\r\n')[0] ?? '', /upgrade/i);
  }
});

test('an upgrade to HTTP/2, inside of which nothing could be looked at, is not passed on as one', async () => {
  await using web = await service();
  await using at = await open(web);
  const text = await exchange(at.house.ports.tls, `GET / HTTP/1.1\r\nHost: ${at.host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.1 200 OK/);
  assert.doesNotMatch(web.seen[0] ?? '', /upgrade|settings/i);
});

test('upgrades that cannot be served are refused with the same status and words as requests', async () => {
  await using web = await service();
  await using at = await open(web, { limits: { ...UNLIMITED, failedLookupsPerSource: 2, connectionsPerInstance: 1 } });
  const { house } = at;
  const instance = (wish: object) => house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint, ...wish });
  const ask = (host: string) => exchange(house.ports.tls, `GET / HTTP/1.1\r\nHost: ${host}\r\n${UPGRADE}\r\n`);
  assert.match(await ask('nobody-web-1234.db.test'), /^HTTP\/1\.1 404 Not Found\r\n[^]*\r\n\r\nThere is no database nobody-web-1234/);
  assert.match(await ask('example.com'), /^HTTP\/1\.1 404 [^]*\r\n\r\nThe request does not say which service/);
  assert.match(await ask(`${(await instance({ access: { tlsOnly: true } })).slug}.db.test`), /^HTTP\/1\.1 426 [^]*\r\nUpgrade: TLS\/1\.2[^]*\r\n\r\n[^]*Use https/);
  assert.match(await ask(`${(await instance({ access: { allow: ['10.0.0.1'] } })).slug}.db.test`), /^HTTP\/1\.1 403 [^]*\r\n\r\n.*your address/);
  assert.match(await ask(`${(await instance({ state: 'stopped' })).slug}.db.test`), /^HTTP\/1\.1 503 [^]*\r\n\r\n.*stopped/);
  await using broken = await service((socket) => socket.destroy());
  assert.match(await ask(`${(await instance({ endpoint: broken.endpoint })).slug}.db.test`), /^HTTP\/1\.1 502 [^]*\r\n\r\nThe service ended the connection/);
  await using silent = await service(null);
  const busy = await instance({ endpoint: silent.endpoint });
  const first = await dialPlain(busy.port);
  first.write(`GET / HTTP/1.1\r\nHost: x\r\n\r\n`);
  await waitFor(() => silent.seen.length === 1, { what: 'the first' });
  assert.match(await ask(`${busy.slug}.db.test`), /^HTTP\/1\.1 429 [^]*\r\n\r\n.*too many connections/);
  first.destroy();
  await ask('nobody-web-1234.db.test');
  assert.match(await ask('nobody-web-1234.db.test'), /^HTTP\/1\.1 429 /);
});

test('a WebSocket in TLS passes both ways, with what was sent ahead, and its bytes are counted', async () => {
  await using web = await service((socket) => {
    socket.write('HTTP/1.1 101 Web Socket Protocol Handshake\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: abc\r\nKeep-Alive: 5\r\n\r\nwelcome;');
    socket.on('data', (data: Buffer) => socket.write(`<${data.toString()}>`));
  });
  await using at = await open(web);
  const socket = dialTls({ port: at.house.ports.tls, host: '127.0.0.1', ca: at.house.authority, servername: at.host, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  assert.equal(socket.alpnProtocol, 'http/1.1');
  socket.write(`GET /ws HTTP/1.1\r\nHost: ${at.host}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\nahead`);
  const text = await until(socket, /ahead>/);
  assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*Sec-WebSocket-Accept: abc\r\n[^]*\r\n\r\nwelcome;<ahead>$/);
  assert.match(text, /\r\nConnection: Upgrade\r\n/);
  assert.doesNotMatch(text, /keep-alive/i);
  assert.match(web.seen[0] ?? '', /\r\nSec-WebSocket-Key: k\r\n[^]*\r\nX-Forwarded-Proto: https\r\n[^]*\r\nUpgrade: websocket\r\n/);
  const large = 'y'.repeat(300_000);
  socket.write(large);
  let back = 0;
  while (back < large.length) back += ((await once(socket, 'data')) as [Buffer])[0].length;
  socket.end();
  await waitFor(() => web.database.sockets[0]?.destroyed, { what: 'the end to be passed on' });
  await waitFor(async () => (await openUpstreams(at.house)) === 0, { what: 'the count' });
  assert.equal((await at.house.gateway.metrics.slowPipes.get()).values[0]?.value, 0);
  const counted = (await at.house.gateway.metrics.bytes.get()).values;
  for (const direction of ['in', 'out']) {
    const value = counted.find(({ labels }) => labels.direction === direction)?.value ?? 0;
    assert.ok(value > large.length && value < large.length + 5000, `${direction} ${value}`);
  }
});

test('no method lets the bytes of a body become a second request, whatever the client names in Connection', async () => {
  await using web = await service();
  await using at = await open(web);
  const inner = `GET /admin HTTP/1.1\r\nHost: ${at.host}\r\n\r\n`;
  const bodies = [[`Content-Length: ${inner.length}`, inner], ['Transfer-Encoding: chunked', `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`]] as const;
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'HEAD', 'POST']) for (const [framing, body] of bodies) {
    web.seen.length = 0;
    const connection = 'close, content-length, Host, Transfer-Encoding, x-forwarded-for, x-own';
    await exchange(at.house.ports.tls, `${method} /x HTTP/1.1\r\nHost: ${at.host}\r\nX-Own: 1\r\nConnection: ${connection}\r\n${framing}\r\n\r\n${body}`);
    await waitFor(() => web.seen[0]?.includes('/admin'), { what: 'the body' });
    const [head = '', ...rest] = (web.seen[0] ?? '').split('\r\n\r\n');
    assert.match(`${head}\r\n`, new RegExp(`^${method} /x HTTP/1.1\r\n(?:.+\r\n)*${framing}\r\n`), head);
    assert.match(head, new RegExp(`\r\nHost: ${at.host}(\r\n|$)`));
    assert.match(head, /\r\nX-Forwarded-For: 127\.0\.0\.1(\r\n|$)/);
    assert.doesNotMatch(head, /x-own/i);
    assert.equal(rest.join('\r\n\r\n'), body, `${method} ${framing}`);
    assert.equal(web.seen.length, 1);
  }
});

test('a request with more headers than are looked at is refused: one of those could frame its body, or name another host', async () => {
  await using web = await service();
  await using at = await open(web);
  const inner = 'GET /admin HTTP/1.1\r\n\r\n';
  for (const more of [`Transfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n`, `Content-Length: ${inner.length}\r\n\r\n${inner}`, 'Host: other\r\n']) {
    assert.match(await exchange(at.house.ports.tls, `GET /x HTTP/1.1\r\nHost: ${at.host}\r\nConnection: close\r\n${'a:\r\n'.repeat(2100)}${more}\r\n`), /^HTTP\/1\.1 431 [^]*too large/);
  }
  assert.deepEqual(web.seen, []);
});

test('a request that two readers could read in two ways is refused with 400 and words', async () => {
  await using web = await service();
  await using at = await open(web);
  const refused = [
    [`GET / HTTP/1.1\r\nHost: ${at.host}\r\nHost: ${at.host}\r\n`, /more than one Host/],
    [`GET / HTTP/1.1\r\n`, /no Host header/],
    [`GET / HTTP/1.1\r\nHost: ${at.host}, other\r\n`, /not a host name/],
    [`GET http://other.db.test/ HTTP/1.1\r\nHost: ${at.host}\r\n`, /names another host/],
    [`GET http://${at.host}:81/ HTTP/1.1\r\nHost: ${at.host}\r\n`, /names another host/],
    [`GET http://x@${at.host}/ HTTP/1.1\r\nHost: ${at.host}\r\n`, /names another host/],
    [`GET http://${at.host}/ HTTP/1.0\r\n`, /no Host header/],
    [`GET ftp://${at.host}/ HTTP/1.1\r\nHost: ${at.host}\r\n`, /has to begin with/],
    [`GET * HTTP/1.1\r\nHost: ${at.host}\r\n`, /has to begin with/],
    [`POST / HTTP/1.1\r\nHost: ${at.host}\r\nTransfer-Encoding: gzip, chunked\r\n`, /only chunked/],
    [`GET / HTTP/1.1\r\nHost : ${at.host}\r\n`, /not a well-formed HTTP request/],
  ] as const;
  for (const [request, words] of refused) for (const more of ['', UPGRADE]) {
    const text = await exchange(at.house.ports.tls, `${request}${more}\r\n${request.startsWith('POST') ? '0\r\n\r\n' : ''}`);
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/, request);
    assert.match(text, words, request);
  }
  const connect = await exchange(at.house.ports.tls, `CONNECT ${at.host}:443 HTTP/1.1\r\nHost: ${at.host}\r\n\r\n`);
  assert.match(connect, /^HTTP\/1\.1 405 [^]*\r\nAllow: [^]*\r\n\r\nCONNECT is not possible/);
  assert.match(await exchange(at.house.ports.tls, `GET / HTTP/1.1\r\nHost: ${at.host}\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`), /^HTTP\/1\.1 431 [^]*too large/);
  assert.deepEqual(web.seen, []);
});

test('the whole address of a request is passed on as a path, and a path as it is', async () => {
  await using web = await service();
  await using at = await open(web);
  const odd = '/a%2Fb/../c//d;e=f?g=[h]|{i}"<\\^`&j=%zz';
  for (const [target, passed] of [[`http://${at.host}/p?q=1`, '/p?q=1'], [`HTTP://${at.host.toUpperCase()}:80?q`, '/?q'], [`https://${at.host}`, '/'], [odd, odd], [`http://${at.host}${odd}`, odd]] as const) {
    web.seen.length = 0;
    await exchange(at.house.ports.tls, `GET ${target} HTTP/1.1\r\nHost: ${at.host}\r\nConnection: close\r\n\r\n`);
    assert.equal(web.seen[0]?.split('\r\n')[0], `GET ${passed} HTTP/1.1`);
  }
  web.seen.length = 0;
  await exchange(at.house.ports.tls, `OPTIONS http://${at.host} HTTP/1.1\r\nHost: ${at.host}\r\nConnection: close\r\n\r\n`);
  assert.match(web.seen[0] ?? '', /^OPTIONS \* HTTP/);
});

test('what a client says of where it comes from is replaced by what is known', async () => {
  await using web = await service();
  await using at = await open(web);
  const said = ['X-Real-IP', 'x_real_ip', 'Forwarded', 'X-Forwarded-For', 'X_Forwarded_For', 'x-forwarded-port', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Prefix'].map((name) => `${name}: 6.6.6.6\r\n`).join('');
  await exchange(at.house.ports.tls, `GET / HTTP/1.1\r\nHost: ${at.host}\r\nConnection: close\r\n${said}\r\n`);
  assert.doesNotMatch(web.seen[0] ?? '', /6\.6\.6\.6/);
  assert.match(web.seen[0] ?? '', new RegExp(`\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ${at.host}\r\n`));
});

test('requests sent one behind the other are served one after the other, and the answers come in their order', async () => {
  await using web = await service(null);
  await using at = await open(web);
  const socket = await dialPlain(at.house.ports.tls);
  socket.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: ${at.host}\r\n\r\n`).join(''));
  for (const [index, path] of ['/1', '/2', '/3'].entries()) {
    await waitFor(() => web.seen[index]?.includes(`GET ${path} `), { what: path });
    assert.equal(web.seen.length, index + 1);
    web.database.sockets[index]?.end(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${path}`);
    await until(socket, new RegExp(`\r\n\r\n${path}$`));
  }
  socket.write('GET /x HTTP/1.1\r\nHost: nobody.db.test\r\n\r\n'.repeat(150));
  assert.ok((await readAll(socket)).length < 1000, 'and who sends too many is cut off');
});

test('an answer that is not HTTP becomes a 502, and takes nobody else down', async () => {
  for (const answer of ['HTTP/1.1 000 X\r\n\r\n', 'HTTP/1.1 200 \x01\r\n\r\n', 'nonsense\r\n\r\n', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', '']) {
    await using web = await service(answer);
    await using at = await open(web);
    for (const more of answer.includes('101') ? [''] : ['', UPGRADE]) {
      assert.match(await exchange(at.house.ports.tls, `GET / HTTP/1.1\r\nHost: ${at.host}\r\n${more}\r\n`), /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*\r\n\r\nThe service /, JSON.stringify(answer));
    }
    await waitFor(async () => (await openUpstreams(at.house)) === 0, { what: 'the count' });
  }
});

test('the head of each request has its time: a slow first one is cut, and so is a slow second one, but not a connection that waits', async () => {
  await using web = await service();
  await using at = await open(web, { handshakeMs: 600 });
  const kept = await dialPlain(at.port);
  kept.write(`GET /1 HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(kept, /ok$/);

  const began = performance.now();
  const slow = await dialPlain(at.port);
  slow.write('GET / HTTP/1.1\r\nHo');
  assert.match(await readAll(slow), /^HTTP\/1\.1 408 Request Timeout\r\n[^]*\r\n\r\nNo complete request came within 0\.6 seconds/);
  assert.ok(performance.now() - began >= 590 && performance.now() - began < 8000);

  kept.write(`GET /2 HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(kept, /ok$/);
  kept.write('GET /3 HTTP/1.1\r\n');
  assert.match(await readAll(kept), /^HTTP\/1\.1 408 /);
  assert.equal(web.seen.length, 2);
});

test('a gateway that drains ends idle connections at once, and all others with the answer that they wait for', async (t) => {
  const proxies = new Set<HttpProxy>();
  const { serve } = HttpProxy.prototype;
  t.mock.method(HttpProxy.prototype, 'serve', function (this: HttpProxy, ...given: Parameters<HttpProxy['serve']>) {
    proxies.add(this);
    serve.apply(this, given);
  });
  await using web = await service((socket) => {
    if (web.seen.at(-1)?.includes('/slow') !== true) socket.end(OK);
  });
  await using at = await open(web);
  const [idle, busy, streaming] = [await dialPlain(at.port), await dialPlain(at.port), await dialPlain(at.port)];
  idle.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(idle, /ok$/);
  busy.write('GET /slow1 HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor(() => web.seen.length === 2, { what: 'the second request' });
  streaming.write('GET /slow2 HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor(() => web.seen.length === 3, { what: 'the third request' });
  web.database.sockets[2]?.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe');
  await until(streaming, /he$/);
  for (const proxy of proxies) proxy.drain();
  assert.equal(await readAll(idle), '');
  web.database.sockets[1]?.end(OK);
  assert.match(await readAll(busy), /\r\nConnection: close\r\n[^]*ok$/);
  web.database.sockets[2]?.end('llo');
  assert.equal(await readAll(streaming), 'llo');
});

test('the end of a gateway waits for no idle connection', async () => {
  await using web = await service();
  await using house = await GatewayHouse.open();
  const { slug } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  const socket = await dialPlain(house.ports.tls);
  socket.write(`GET / HTTP/1.1\r\nHost: ${slug}.db.test\r\n\r\n`);
  await once(socket, 'data');
  const began = performance.now();
  await house.gateway.close(20_000);
  assert.ok(performance.now() - began < 10_000);
  const text = await house.gateway.metrics.registry.metrics();
  assert.match(text, /dbmaker_gateway_handshake_seconds_count\{protocol="http"\} 1\n/);
});

test('requests that are sent behind one another take little memory: many, or large ones, end the connection', async () => {
  await using web = await service(null);
  await using house = await GatewayHouse.open();
  const { slug } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint, state: 'sleeping' });
  const small = `GET / HTTP/1.1\r\nHost: ${slug}.db.test\r\n\r\n`;
  const large = `GET / HTTP/1.1\r\nHost: ${slug}.db.test\r\n${'a:y\r\n'.repeat(900)}\r\n`;
  for (const text of [small.repeat(20), large.repeat(2)]) {
    const socket = await dialPlain(house.ports.tls);
    socket.write(text);
    assert.equal(await readAll(socket), '');
  }
  const patient = await dialPlain(house.ports.tls);
  patient.write(small.repeat(10));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(patient.destroy().readableEnded, false, 'some are fine');
});

test('a service that says 100 Continue for ever says it once', async () => {
  await using web = await service((socket) => {
    for (let count = 0; count < 50; count += 1) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    socket.end(OK);
  });
  await using open_ = await open(web);
  const socket = await dialPlain(open_.port);
  socket.write(`POST / HTTP/1.1\r\nHost: ${open_.host}\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`);
  assert.equal((await readAll(socket)).split('100 Continue').length, 2);
});
