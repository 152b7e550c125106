import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { connect as dialTls } from 'node:tls';
import type { Endpoint } from '../../src/domain/endpoint.ts';
import { FakeDatabase, GatewayHouse, readAll } from '../support/gateway-house.ts';
import { dialPlain } from '../support/raw-postgresql.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

/** A web service on a unix socket that answers with what it was asked, and echoes what comes after an upgrade. */
async function service(name: string): Promise<AsyncDisposable & { readonly endpoint: Endpoint }> {
  const directory = await temporaryDirectory('http');
  const server = createServer((request, response) => {
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
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, told: (text.startsWith('{') ? JSON.parse(text) : {}) as Told, text, cookies: response.headers['set-cookie'] ?? [] };
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
