import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Harness } from './api-harness.ts';
import { create, PORT_RANGE, startApi } from './api-harness.ts';

let api: Harness;
before(async () => { api = await startApi(); });
after(() => api[Symbol.asyncDispose]());

interface Monitoring {
  instances: { total: number; byStatus: Record<string, number> };
  promised: unknown;
  ports: Record<string, number>;
  workers: { worker: string; stale: boolean }[];
}

const RUNTIME = { name: 'docker', version: '20.10', ok: true };

test('health is 503 until a worker was heard of, 200 then, 503 when the runtime or the store is away', async () => {
  const health = async (): Promise<unknown[]> => {
    const { status, json } = await api.ask('/health');
    return [status, json.status, json.components['store']?.status, json.components['workers']?.status, json.components['runtime']?.status];
  };
  assert.deepEqual(await health(), [503, 'down', 'up', 'down', 'down']);
  await api.store.heartbeats.beat('reconciler', { runtime: RUNTIME });
  assert.deepEqual(await health(), [200, 'up', 'up', 'up', 'up']);
  await api.store.heartbeats.beat('reconciler', { runtime: { name: 'docker', ok: false, error: 'Docker does not answer.' } });
  assert.deepEqual(await health(), [503, 'down', 'up', 'up', 'down']);
  assert.equal((await api.ask('/health')).json.components['runtime']?.detail, 'docker: Docker does not answer.');

  Object.assign(api.store, { ping: async () => Promise.reject(new Error('inner text')) });
  assert.deepEqual(await health(), [503, 'down', 'down', 'down', 'down']);
  assert.ok(!(await api.ask('/health')).text.includes('inner'));
  Reflect.deleteProperty(api.store, 'ping');
});

test('monitoring counts instances, promises, ports and workers', async () => {
  await create(api, api.admin.token, 'x', 'redis');
  const { json, status } = await api.ask('/api/monitoring', { token: api.admin.token });
  assert.equal(status, 200);
  const { instances, promised, ports, workers } = json as unknown as Monitoring;
  assert.deepEqual([instances.total, instances.byStatus['pending'], instances.byStatus['running']], [1, 1, 0]);
  assert.deepEqual(promised, { memoryBytes: 256 * 1024 ** 2, cpus: 1 });
  assert.deepEqual([ports['from'], ports['taken'], ports['free']], [PORT_RANGE.from, 1, 999]);
  assert.deepEqual(workers.map(({ worker, stale }) => [worker, stale]), [['reconciler', false]]);
});

test('metrics are Prometheus text by route pattern, and not for those who come through a proxy', async () => {
  await api.ask('/api/containers/abc', { token: api.admin.token });
  const { text, headers, status } = await api.ask('/metrics');
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/plain/);
  assert.match(text, /dbmaker_http_request_duration_seconds_count\{method="GET",route="\/api\/containers\/:id",status="404"\} 1/);
  assert.match(text, /dbmaker_instances\{status="pending"\} 1/);
  assert.match(text, /process_resident_memory_bytes/);
  assert.equal((await api.ask('/metrics', { headers: { 'x-forwarded-for': '192.0.2.1' } })).status, 401);
  assert.equal((await api.app.inject({ url: '/metrics', remoteAddress: '192.0.2.1' })).statusCode, 401);
});

test('OpenAPI 3.1: every operation says what it needs, and every reference leads somewhere', async () => {
  const document = (await api.ask('/openapi.json')).json as unknown as { openapi: string; paths: Record<string, Record<string, { summary?: string; security?: unknown[]; responses: object }>>; components: { schemas: object } };
  assert.equal(document.openapi, '3.1.0');
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) assert.ok(operation.summary && operation.security, `${method} ${path}`);
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!);
  assert.ok(references.length > 20);
  for (const reference of new Set(references)) {
    const found = reference.replace('#/', '').split('/').reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], document);
    assert.ok(found, reference);
  }
});

test('/docs is served from here, with nothing inline and nothing foreign', async () => {
  const page = await api.app.inject({ url: '/docs/' });
  assert.equal(page.statusCode, 200);
  assert.match(String(page.headers['content-security-policy']), /script-src 'self';.*connect-src 'self'/);
  assert.ok(!/<script(?![^>]*src=)/.test(page.payload) && !/(src|href)="(https?:)?\/\//.test(page.payload));
  for (const asset of page.payload.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const { statusCode } = await api.app.inject({ url: new URL(asset[1]!, 'http://x/docs/').pathname });
    assert.equal(statusCode, 200, asset[1]);
  }
});
