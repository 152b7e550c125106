import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type RequestOptions, type Server, type ServerResponse } from 'node:http';
import { Agent as SecureAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { connect as dialTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import type { Endpoint } from '../../src/domain/endpoint.ts';
import { FakeDatabase, GatewayHouse, readAll } from '../support/gateway-house.ts';
import { dialPlain } from '../support/raw-postgresql.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

/** A web service on a unix socket that answers with what it was asked, and echoes what comes after an upgrade. `odd`: whether it has answered itself. */
async function service(name: string, odd?: (request: IncomingMessage, response: ServerResponse) => boolean): Promise<AsyncDisposable & { readonly endpoint: Endpoint; readonly server: Server }> {
  const directory = await temporaryDirectory('http');
  const server = createServer((request, response) => {
    if (odd?.(request, response) === true) return;
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('end', () => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ name, method: request.method, url: request.url, headers: request.headers, body }));
    });
  });
  server.on('upgrade', (_request, socket, head) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.write(head);
    socket.pipe(socket);
  });
  server.listen(path.join(directory.path, 'web.sock'));
  await once(server, 'listening');
  return {
    server,
    endpoint: { kind: 'unix', directory: directory.path, name: 'web.sock' },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

interface Told {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function ask(options: RequestOptions & { ca?: string; servername?: string }, body?: string): Promise<{ status: number; told: Told; text: string; cookies: string[] }> {
  const request = (options.ca === undefined ? httpRequest : httpsRequest)({ host: '127.0.0.1', ...options });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const text = await textOf(response);
  return { status: response.statusCode ?? 0, told: (text.startsWith('{') ? JSON.parse(text) : {}) as Told, text, cookies: response.headers['set-cookie'] ?? [] };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

test('HTTP is routed by its Host header, plain or in TLS, request by request on one connection, with the client\'s address passed on', async () => {
  await using one = await service('one');
  await using two = await service('two');
  await using house = await GatewayHouse.open();
  const [a, b] = [await house.instance({ type: 'web', protocol: 'http', endpoint: one.endpoint }), await house.instance({ type: 'web', protocol: 'http', endpoint: two.endpoint })];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const to = (slug: string) => ({ port: house.ports.tls, headers: { host: `${slug}.db.test:${house.ports.tls}` }, agent });
  for (const [slug, name] of [[a.slug, 'one'], [b.slug, 'two'], [a.slug, 'one']] as const) {
    const { status, told } = await ask(to(slug));
    assert.deepEqual([status, told.name], [200, name]);
  }
  const posted = await ask({ ...to(a.slug), method: 'POST', path: '/x?y=1', headers: { host: `${a.slug}.db.test`, 'x-forwarded-for': '6.6.6.6', connection: 'keep-alive, x-secret', 'x-secret': '1' } }, 'hello');
  assert.deepEqual([posted.told.method, posted.told.url, posted.told.body, posted.cookies], ['POST', '/x?y=1', 'hello', ['a=1', 'b=2']]);
  assert.deepEqual([posted.told.headers['x-forwarded-for'], posted.told.headers['x-forwarded-proto'], posted.told.headers['x-secret']], ['127.0.0.1', 'http', undefined]);
  agent.destroy();

  const secure = await ask({ port: house.ports.tls, ca: house.authority, servername: `${a.slug}.db.test`, headers: { host: `${a.slug}.db.test` } });
  assert.deepEqual([secure.status, secure.told.name, secure.told.headers['x-forwarded-proto']], [200, 'one', 'https']);
  assert.equal((await ask({ port: a.port })).told.name, 'one', 'on its own port whatever the host');
  assert.equal((await ask({ port: a.port, ca: house.authority, servername: `${a.slug}.db.test` })).told.name, 'one', 'and there in TLS too');
});

test('a request that cannot be served says why: unknown name, no name, TLS only, stopped; and a sleeping service is woken', async () => {
  await using web = await service('web');
  await using house = await GatewayHouse.open();
  const get = (host: string) => ask({ port: house.ports.tls, headers: { host } });
  assert.equal((await get('nobody-web-1234.db.test')).status, 404);
  assert.match((await get('example.com')).text, /Host header has to be a name that ends in \.db\.test/);
  const guarded = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint, access: { tlsOnly: true } });
  assert.equal((await get(`${guarded.slug}.db.test`)).status, 426);
  const stopped = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint, state: 'stopped' });
  const refused = await get(`${stopped.slug}.db.test`);
  assert.deepEqual([refused.status, /was stopped/.test(refused.text)], [503, true]);
  const asleep = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint, state: 'sleeping' });
  const answer = get(`${asleep.slug}.db.test`);
  await waitFor(async () => (await house.store.instances.get(asleep.id))?.spec.desired === 'running', { what: 'the wish to wake' });
  await house.report(asleep.id, 'running');
  assert.equal((await answer).told.name, 'web');
});

test('a protocol that takes over after an upgrade passes both ways', async () => {
  await using web = await service('web');
  await using house = await GatewayHouse.open();
  const { slug } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  const request = httpRequest({ host: '127.0.0.1', port: house.ports.tls, headers: { host: `${slug}.db.test`, connection: 'upgrade', upgrade: 'echo' } });
  request.end();
  const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
  socket.write('ping');
  assert.equal(String((await once(socket, 'data'))[0]), 'ping');
  socket.destroy();
});

test('a request for two at once, smuggled in its length, does not reach anybody', async () => {
  await using web = await service('web');
  await using house = await GatewayHouse.open();
  const { slug } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  const socket = await dialPlain(house.ports.tls);
  socket.write(`POST / HTTP/1.1\r\nHost: ${slug}.db.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n`);
  assert.match(await readAll(socket), /^HTTP\/1\.1 400 /);
});

test('a client like a browser, which names HTTP/1.1 and HTTP/2 in TLS, gets HTTP/1.1 and keeps its connection', async () => {
  await using web = await service('web');
  await using house = await GatewayHouse.open();
  const { slug, port } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  for (const at of [house.ports.tls, port]) {
    const agent = new SecureAgent({ keepAlive: true, maxSockets: 1, ALPNProtocols: ['h2', 'http/1.1'] });
    const ports = new Set<number | undefined>();
    for (let round = 0; round < 3; round += 1) {
      const request = httpsRequest({ host: '127.0.0.1', port: at, agent, ca: house.authority, servername: `${slug}.db.test`, headers: { host: `${slug}.db.test` } }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const socket = response.socket as TLSSocket;
      ports.add(socket.localPort);
      assert.deepEqual([response.statusCode, socket.alpnProtocol], [200, 'http/1.1']);
      await once(response.resume(), 'end');
    }
    assert.equal(ports.size, 1);
    agent.destroy();
  }
});

test('a body that waits for "100 Continue" is asked for by the service, not by the gateway', async () => {
  await using web = await service('web');
  await using strict = await service('strict', () => false);
  strict.server.on('checkContinue', (_request: IncomingMessage, response: ServerResponse) => response.writeHead(413).end('too much'));
  await using house = await GatewayHouse.open();
  const send = async (endpoint: Endpoint) => {
    const { port } = await house.instance({ type: 'web', protocol: 'http', endpoint });
    const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', headers: { expect: '100-continue', 'content-length': 5 } });
    request.flushHeaders();
    let continued = false;
    request.on('continue', () => {
      continued = true;
      request.end('hello');
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const text = await textOf(response);
    request.destroy();
    return { continued, status: response.statusCode, connection: response.headers.connection, text };
  };
  const taken = await send(web.endpoint);
  assert.deepEqual([taken.continued, taken.status, (JSON.parse(taken.text) as Told).body], [true, 200, 'hello']);
  assert.deepEqual(await send(strict.endpoint), { continued: false, status: 413, connection: 'close', text: 'too much' });
});

test('20 MB pass each way at once, and a client that does not read stops the service instead of filling memory', async () => {
  const size = 20_000_000;
  const much = 200_000_000; // the kernel's buffers alone may take 20 MB
  let written = 0;
  await using web = await service('web', (request, response) => {
    if (request.url === '/echo') {
      request.pipe(response);
      return true;
    }
    const more = (): void => {
      while (written < much) {
        written += 100_000;
        if (!response.write(Buffer.alloc(100_000))) return void response.once('drain', more);
      }
      response.end();
    };
    more();
    return true;
  });
  await using house = await GatewayHouse.open();
  const { slug, port } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  const body = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4) body.writeUInt32LE(at, at);
  for (const secure of [false, true]) {
    const options = { host: '127.0.0.1', port, method: 'PUT', path: '/echo', headers: { host: `${slug}.db.test` } };
    const request = secure ? httpsRequest({ ...options, ca: house.authority, servername: `${slug}.db.test`, agent: false }) : httpRequest(options);
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    assert.ok(Buffer.concat(chunks).equals(body));
  }

  const request = httpRequest({ host: '127.0.0.1', port, path: '/much' }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let before = -1;
  await waitFor(() => {
    const still = before === written;
    before = written;
    return still;
  }, { what: 'the service to stand still', intervalMs: 300 });
  assert.ok(written < much / 2, `${written}`);
  let read = 0;
  for await (const chunk of response) read += (chunk as Buffer).length;
  assert.equal(read, much);
});

test('a client that leaves in the middle of an answer, or before it, ends the service\'s connection', async () => {
  let closed = 0;
  await using web = await service('web', (request, response) => {
    request.socket.once('close', () => { closed += 1; });
    if (request.url === '/begun') response.write('the beginning');
    return true;
  });
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  const begun = httpRequest({ host: '127.0.0.1', port, path: '/begun' }).end();
  await once(begun, 'response');
  begun.on('error', () => undefined).destroy();
  await waitFor(() => closed === 1, { what: 'the first to be closed' });
  const open = async () => (await house.gateway.metrics.open.get()).values[0]?.value;
  for (const [index, method] of ['GET', 'POST'].entries()) {
    const waiting = httpRequest({ host: '127.0.0.1', port, path: '/waiting', method }).on('error', () => undefined);
    if (method === 'GET') waiting.end();
    else waiting.write('half a body');
    await waitFor(async () => (await open()) === 1, { what: 'the request' });
    await waitFor(() => house.gateway.metrics.connections.get().then(({ values }) => values.reduce((sum, { value }) => sum + value, 0) === index + 2), { what: 'the service to have it' });
    waiting.destroy();
    await waitFor(async () => (await open()) === 0, { what: `${method} to be ended` });
  }
});

test('an answer that the service breaks off is broken off for the client too, and never looks whole', async () => {
  await using web = await service('web', (request, response) => {
    if (request.url === '/length') response.writeHead(200, { 'content-length': 1000 });
    response.write('the beginning', () => response.socket?.destroy());
    return true;
  });
  await using house = await GatewayHouse.open();
  const { slug, port } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  for (const path of ['/length', '/chunked']) for (const secure of [false, true]) {
    const options = { host: '127.0.0.1', port, path, headers: { host: `${slug}.db.test` } };
    const request = (secure ? httpsRequest({ ...options, ca: house.authority, servername: `${slug}.db.test`, agent: false }) : httpRequest(options)).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await assert.rejects(textOf(response), /aborted/);
  }
  const old = await dialPlain(port);
  old.write('GET /chunked HTTP/1.0\r\n\r\n');
  await assert.rejects(readAll(old), /ECONNRESET/, 'where the end of the connection is the end of the answer');
});

test('answers without a body stay without one, and the next one on the same connection is whole', async () => {
  await using web = await service('web', (request, response) => {
    const status = Number(request.url?.slice(1));
    if (!(status > 0)) return false;
    response.writeHead(status, status === 200 ? { 'content-length': 12 } : { etag: '"x"' }).end();
    return true;
  });
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (const [method, path, status] of [['HEAD', '/200', 200], ['GET', '/204', 204], ['GET', '/304', 304], ['GET', '/x', 200]] as const) {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, agent }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    ports.add(response.socket.localPort);
    const text = await textOf(response);
    assert.deepEqual([response.statusCode, text === ''], [status, path !== '/x'], `${method} ${path}`);
    if (path === '/200') assert.equal(response.headers['content-length'], '12');
  }
  assert.equal(ports.size, 1);
  agent.destroy();
});

test('a large upload that is refused is told why: its sender is not cut off while it sends', async () => {
  await using web = await service('web');
  await using house = await GatewayHouse.open();
  const stopped = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint, state: 'stopped' });
  const socket = await dialPlain(stopped.port);
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n`);
  await promisify(socket.write.bind(socket) as (data: string, done: (error?: Error | null) => void) => void)('x'.repeat(20_000_000));
  assert.match(await readAll(socket), /^HTTP\/1\.1 503 [^]*was stopped/);
});

test('an answer that comes before the whole upload does not spoil the connection for the next request', async () => {
  await using web = await service('web', (request, response) => {
    if (request.url !== '/early') return false;
    response.end('early');
    return true;
  });
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  const socket = await dialPlain(port);
  socket.write('POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n');
  await once(socket, 'data');
  socket.write(`${'x'.repeat(5_000_000)}GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.match(await readAll(socket), /"url":"\/next"/);
});

test('any other protocol in TLS is routed by the name in it; without a name of ours, or without TLS, the connection ends', async () => {
  await using echo = await FakeDatabase.open();
  await using house = await GatewayHouse.open();
  const { slug } = await house.instance({ type: 'broker', endpoint: echo.endpoint });
  const secure = async (servername: string, ALPNProtocols: string[] = []) => {
    const socket = dialTls({ port: house.ports.tls, host: '127.0.0.1', ca: house.authority, servername, checkServerIdentity: () => undefined, ALPNProtocols }).on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };
  assert.equal(await readAll((await secure(`${slug}.db.test`)).end('hello')), 'hello and goodbye');
  const named = await secure(`${slug}.db.test`, ['mqtt', 'other']);
  assert.equal(named.alpnProtocol, 'mqtt');
  named.destroy();
  assert.equal(await readAll((await secure('alice-broker.db.test')).end('hello')), 'hello and goodbye');
  assert.equal(await readAll(await secure('nobody.db.test')), '');
  assert.equal(await readAll((await dialPlain(house.ports.tls)).end('\x00\x01nonsense')), '');
});

test('a server that speaks first is heard on its own port, in TLS as well', async () => {
  await using greeter = await FakeDatabase.open((socket) => {
    socket.write('220 ready\r\n');
    socket.pipe(socket);
  });
  await using house = await GatewayHouse.open();
  const { port } = await house.instance({ endpoint: greeter.endpoint });
  const plain = await dialPlain(port);
  assert.equal(String((await once(plain, 'data'))[0]), '220 ready\r\n');
  plain.end('quit');
  assert.equal(await readAll(plain), 'quit');
  const secure = dialTls({ port, host: '127.0.0.1', ca: house.authority, servername: 'x.db.test', checkServerIdentity: () => undefined }).on('error', () => undefined);
  await once(secure, 'secureConnect');
  assert.equal(String((await once(secure, 'data'))[0]), '220 ready\r\n');
  secure.destroy();
});

test('the sessions of the API and of its issuer are not passed on to a service, other cookies are', async () => {
  await using web = await service('web');
  await using house = await GatewayHouse.open();
  const { slug } = await house.instance({ type: 'web', protocol: 'http', endpoint: web.endpoint });
  const told = async (cookie: string) => (await ask({ port: house.ports.tls, headers: { host: `${slug}.db.test`, cookie } })).told.headers['cookie'];
  assert.equal(await told('a=1; dbmaker_session=dbm_secret; b=2'), 'a=1; b=2');
  assert.equal(await told('dbmaker_session=dbm_secret'), undefined);
  assert.equal(await told('__Host-dbmaker_session_ab12cd=x; __Host-dbmaker_oidc_ab12cd.sig=y; __Secure-dbmaker_oidc_interaction_ab12cd=z; my_dbmaker_session=1; a=1'), 'my_dbmaker_session=1; a=1');
  assert.equal(await told('dbmaker_oidc=x; dbmaker_oidc.sig=y; dbmaker_oidc_interaction=z; dbmaker_oidc_resume.sig=w; a=1'), 'a=1', 'nor that of the issuer');
});
