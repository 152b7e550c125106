import assert from 'node:assert/strict';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { DbmakerError } from '../../src/domain/errors.ts';
import type { Harness, Person } from './api-harness.ts';
import { create, LOOPBACK, startApi } from './api-harness.ts';

let api: Harness;
let ann: Person;
before(async () => {
  api = await startApi();
  ann = await api.person('ann');
});
after(() => api[Symbol.asyncDispose]());

const post = (body: unknown, headers: Record<string, string> = {}): ReturnType<Harness['ask']> => api.ask('/api/containers', { method: 'POST', token: ann.token, body, headers });

test('an error is a problem document with everything a person and a program need', async () => {
  const { status, headers, json } = await post({ template: 'nosuch', name: 'x' });
  assert.equal(status, 404);
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
  assert.deepEqual(json, {
    type: 'urn:dbmaker:problem:template_not_found',
    title: 'Unknown template',
    status: 404,
    code: 'template_not_found',
    detail: 'There is no template of this name.',
    instance: '/api/containers',
    requestId: headers['x-request-id'],
    fields: { '/template': 'is not the name of a template' },
    remedy: 'GET /api/templates lists them.',
  });
});

test('wrong JSON, no JSON, another content type, too much of it', async () => {
  const cases: [unknown, Record<string, string>, number, string][] = [
    ['{"template":', {}, 400, 'invalid_request'],
    ['{"name":"x","__proto__":{"role":"admin"}}', {}, 400, 'invalid_request'],
    ['', {}, 400, 'invalid_request'],
    ['[]', {}, 400, 'invalid_request'],
    ['"text"', {}, 400, 'invalid_request'],
    ['null', {}, 400, 'invalid_request'],
    ['name=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['<x/>', { 'content-type': 'text/xml' }, 415, 'unsupported_media_type'],
    ['x', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['x', { 'content-type': 'nonsense' }, 415, 'unsupported_media_type'],
    [JSON.stringify({ template: 'redis', name: 'x'.repeat(70_000) }), {}, 413, 'payload_too_large'],
  ];
  for (const [body, headers, status, code] of cases) {
    const { status: got, json, text } = await post(body, headers);
    assert.deepEqual([got, json.code], [status, code], `${String(body).slice(0, 60)} -> ${text}`);
  }
});

test('a validation error names every wrong member', async () => {
  const { json, status } = await post({ template: 5, nmae: 'x', resources: { memory: true, disk: 1 } });
  assert.equal(status, 400);
  assert.deepEqual(json.fields, {
    '/name': 'is required',
    '/nmae': 'is not a member that is known here',
    '/template': 'must be text',
    '/resources/memory': 'must be text or a number',
    '/resources/disk': 'is not a member that is known here',
  });
});

test('names that are not names, and resources out of bounds, are refused with the rule', async () => {
  for (const name of ['', 'my db', '💾', "x'; DROP TABLE instances;--", '../../etc/passwd', 'x'.repeat(300), 'Orders', '-x', 'x\u0000']) {
    const { status, json } = await post({ template: 'postgresql', name });
    assert.deepEqual([status, json.code], [400, 'invalid_request'], name);
    assert.match(json.fields['/name'] ?? '', /1 to 40 characters/);
  }
  for (const memory of ['1MB', '1TB', 1, -5, '0', 'lots', '']) {
    const { status, json } = await post({ template: 'postgresql', name: 'x', resources: { memory } });
    assert.deepEqual([status, Object.keys(json.fields)], [400, ['/resources/memory']], String(memory));
  }
  for (const cpus of [0, -1, 33, 1e9]) assert.deepEqual(Object.keys((await post({ template: 'redis', name: 'x', resources: { cpus } })).json.fields), ['/resources/cpus']);
  assert.equal((await api.ask('/api/containers', { token: ann.token })).json.items.length, 0, 'nothing was made');
});

test('a duplicate name, an exceeded quota and an unavailable template say what to do', async () => {
  await create(api, ann.token, 'taken');
  const duplicate = await post({ template: 'redis', name: 'taken' });
  assert.deepEqual([duplicate.status, duplicate.json.code], [409, 'name_taken']);

  const poor = await api.person('poor', { quota: { instances: 1 } });
  await create(api, poor.token, 'one');
  const second = await api.ask('/api/containers', { method: 'POST', token: poor.token, body: { template: 'redis', name: 'two' } });
  assert.deepEqual([second.status, second.json.code], [403, 'quota_exceeded']);
  assert.ok(second.json.remedy);

  await api.store.templates.setAvailability('redis', { available: false, reason: 'redis-server is not installed.', remedy: 'apt-get install redis-server' });
  const unavailable = await post({ template: 'redis', name: 'x' });
  assert.deepEqual([unavailable.status, unavailable.json.code, unavailable.json.remedy], [409, 'template_unavailable', 'apt-get install redis-server']);
  assert.match(unavailable.json.detail, /redis-server is not installed/);
  await api.store.templates.setAvailability('redis', { available: true });
});

test('a failed creation leaves its port free', async () => {
  await using small = await startApi({ config: { portRange: { from: 21500, to: 21500 } } });
  const dan = await small.person('dan', { quota: { instances: 1 } });
  const make = (token: string, name: string): ReturnType<Harness['ask']> => small.ask('/api/containers', { method: 'POST', token, body: { template: 'redis', name } });
  const poor = await small.person('poor', { quota: { instances: 0 } });
  assert.equal((await make(poor.token, 'x')).json.code, 'quota_exceeded');
  assert.equal((await make(dan.token, 'first')).status, 202);
  const { status, json, headers } = await make(small.admin.token, 'second');
  assert.deepEqual([status, json.code], [503, 'ports_exhausted'], 'a range of one holds one');
  assert.ok(json.detail.length > 10 && headers['content-type']);
});

test('a port on which somebody else listens is passed over', async () => {
  const stranger = createServer().listen(21600, LOOPBACK);
  await once(stranger, 'listening');
  try {
    await using two = await startApi({ config: { portRange: { from: 21600, to: 21601 } } });
    assert.equal((await create(two, two.admin.token, 'x')).port, 21601);
    assert.equal((await two.store.ports.counts({ from: 21600, to: 21601 })).free, 0, 'the stranger\'s port is blocked');
  } finally {
    stranger.close();
  }
});

test('unknown addresses are 404, wrong methods 405 with Allow, bad escapes 400', async () => {
  const cases: [string, string, number, string, string?][] = [
    ['GET', '/api/nothing', 404, 'not_found'],
    ['GET', '/api/containers/x/nothing', 404, 'not_found'],
    ['POST', '/nothing', 404, 'not_found'],
    ['PUT', '/api/containers', 405, 'method_not_allowed', 'GET, HEAD, POST'],
    ['GET', '/api/containers/abc/start', 405, 'method_not_allowed', 'POST'],
    ['OPTIONS', '/api/containers/abc', 405, 'method_not_allowed', 'DELETE, GET, HEAD, PATCH'],
    ['GET', '/api/containers/%zz', 400, 'invalid_request'],
    ['GET', `/api/containers/${'x'.repeat(500)}`, 404, 'not_found'],
  ];
  for (const [method, url, status, code, allow] of cases) {
    const answer = await api.ask(url, { method: method as 'GET', token: ann.token });
    assert.deepEqual([answer.status, answer.json.code, answer.headers['allow']], [status, code, allow], `${method} ${url} ${answer.text}`);
  }
  assert.equal((await api.ask('/api/containers', { method: 'HEAD', token: ann.token })).status, 200);
});

test('a fault of ours shows no stack and no library\'s text, but is logged under the request id', async () => {
  await using broken = await startApi();
  Object.assign(broken.store.templates, { list: async () => Promise.reject(new TypeError('secret inner text')) });
  const { status, json, text } = await broken.ask('/api/templates', { token: broken.admin.token });
  assert.deepEqual([status, json.code], [500, 'internal']);
  assert.ok(!text.includes('secret inner') && !text.includes('at '));
  const line = broken.logged().split('\n').find((entry) => entry.includes('secret inner text'));
  assert.equal((JSON.parse(line!) as { reqId: string }).reqId, json.requestId);
});

test('a store that cannot be written says so, and the next request works', async () => {
  await using ill = await startApi();
  Object.assign(ill.store.ports, { reserve: async () => Promise.reject(new DbmakerError('disk_full', 'The disk is full.', { retryAfterMs: 1500 })) });
  const make = (): ReturnType<Harness['ask']> => ill.ask('/api/containers', { method: 'POST', token: ill.admin.token, body: { template: 'redis', name: 'x' }, headers: { 'idempotency-key': 'k' } });
  const { status, json, headers } = await make();
  assert.deepEqual([status, json.code, headers['retry-after']], [507, 'disk_full', '2']);
  Reflect.deleteProperty(ill.store.ports, 'reserve'); // the disk has room again
  assert.equal((await make()).status, 202, 'the key was given back');
});

test('answers carry security headers, an id, and may not be kept by caches', async () => {
  const { headers } = await api.ask('/api/containers', { token: ann.token });
  assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/);
  assert.equal(headers['access-control-allow-origin'], undefined);
});

test('secrets reach neither the log nor a list', async () => {
  const { id } = await create(api, ann.token, 'secretive');
  const { json } = await api.ask(`/api/containers/${id}/connection`, { token: ann.token });
  await api.ask(`/api/containers/${id}/rotate-password`, { method: 'POST', token: ann.token });
  assert.ok(!api.logged().includes(json.password) && !api.logged().includes(ann.token));
});

test('what is not HTTP at all is answered and the server goes on', async () => {
  const url = new URL(await api.app.listen({ port: 0, host: '127.0.0.1' }));
  const socket = connect(Number(url.port), '127.0.0.1');
  socket.end('\x16\x03\x01 not http\r\n\r\n');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1.1 400/);
  assert.equal((await fetch(new URL('/openapi.json', url))).status, 200);
});
