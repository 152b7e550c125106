import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readExposition, type Exposition } from '../support/prometheus.ts';
import type { Harness } from './api-harness.ts';
import { create, startApi } from './api-harness.ts';

let api: Harness;
before(async () => { api = await startApi(); });
after(() => api[Symbol.asyncDispose]());

const read = async (): Promise<Exposition> => readExposition((await api.ask('/metrics')).text);
const GB = 1024 ** 3;
const STATE = {
  runtime: { name: 'docker', version: '20.10', ok: true },
  lastResyncAt: Date.now() - 5000,
  capacity: { memory: { totalBytes: 8 * GB, availableBytes: 3 * GB }, cpus: 8, disks: [{ place: 'home', totalBytes: 100 * GB, freeBytes: 40 * GB }, { place: 'docker', totalBytes: 50 * GB, freeBytes: GB }] },
};

test('what nobody has reported is not shown', async () => {
  const { series } = await read();
  assert.equal(series.get('dbmaker_component_up{component="store"}'), 1);
  assert.equal(series.get('dbmaker_component_up{component="workers"}'), 0);
  for (const name of ['dbmaker_last_resync_timestamp_seconds', 'dbmaker_disk_free_bytes{place="home"}', 'dbmaker_memory_available_bytes']) assert.equal(series.get(name), undefined, name);
  const { json } = await api.ask('/api/monitoring', { token: api.admin.token });
  const { capacity, lastResync } = json as unknown as { capacity: unknown; lastResync: unknown };
  assert.deepEqual([capacity, lastResync], [{ memory: null, cpus: null, disks: [] }, null]);
});

test('the platform in figures: instances, promises, ports, events, workers, capacity, age of the last resync', async () => {
  await api.store.heartbeats.beat('reconciler', STATE);
  await create(api, api.admin.token, 'x', 'redis');
  const { series } = await read();
  const figures = {
    'dbmaker_component_up{component="workers"}': 1, 'dbmaker_component_up{component="runtime"}': 1,
    'dbmaker_instances{status="pending"}': 1, 'dbmaker_instances{status="failed"}': 0,
    'dbmaker_promised_memory_bytes': 256 * 1024 ** 2, 'dbmaker_promised_cpus': 1,
    'dbmaker_ports{state="taken"}': 1, 'dbmaker_ports{state="free"}': 999, 'dbmaker_ports{state="resting"}': 0,
    'dbmaker_last_event_id': await api.store.events.lastId(),
    'dbmaker_last_resync_timestamp_seconds': STATE.lastResyncAt / 1000,
    'dbmaker_memory_total_bytes': 8 * GB, 'dbmaker_memory_available_bytes': 3 * GB,
    'dbmaker_disk_total_bytes{place="home"}': 100 * GB, 'dbmaker_disk_free_bytes{place="home"}': 40 * GB, 'dbmaker_disk_free_bytes{place="docker"}': GB,
    'dbmaker_event_streams': 0,
  };
  for (const [name, value] of Object.entries(figures)) assert.equal(series.get(name), value, name);
  assert.ok(Math.abs(series.get('dbmaker_worker_heartbeat_timestamp_seconds{worker="reconciler"}')! - Date.now() / 1000) < 10);
  const { json } = await api.ask('/api/monitoring', { token: api.admin.token });
  const { capacity, lastResync } = json as unknown as { capacity: unknown; lastResync: { at: string; ageMs: number } };
  assert.deepEqual(capacity, STATE.capacity);
  assert.equal(lastResync.at, new Date(STATE.lastResyncAt).toISOString());
  assert.ok(lastResync.ageMs >= 5000 && lastResync.ageMs < 60_000);
});

test('series do not grow with what clients ask for, nor with workers that come and go', async () => {
  await api.ask('/first', { token: api.admin.token });
  const { id } = await create(api, api.admin.token, 'counted', 'redis');
  await api.ask(`/api/containers/${id}`, { token: api.admin.token });
  await api.ask('/metrics');
  const count = async () => [...(await read()).series.keys()].filter((name) => name.startsWith('dbmaker_')).length; // Node's own come as things happen
  const before = await count();
  for (let n = 0; n < 50; n++) await api.ask(`/somewhere/${String(n)}?q=${String(n)}`, { token: api.admin.token });
  for (let n = 0; n < 5; n++) {
    const made = await create(api, api.admin.token, `counted-${String(n)}`, 'redis');
    await api.ask(`/api/containers/${made.id}`, { token: api.admin.token });
  }
  assert.equal(await count(), before);
  for (let n = 0; n < 100; n++) await api.store.heartbeats.beat(`worker-${String(n)}`, {});
  assert.ok((await count()) <= before + 20);
});

test('while the store is away the figures of requests and of the process are still there, and nothing old is shown', async () => {
  Object.assign(api.store, { ping: async () => Promise.reject(new Error('away')) });
  Object.assign(api.store.instances, { totals: async () => Promise.reject(new Error('away')) });
  try {
    const { status, text } = await api.ask('/metrics');
    const { series } = readExposition(text);
    assert.equal(status, 200);
    assert.equal(series.get('dbmaker_component_up{component="store"}'), 0);
    assert.ok((series.get('dbmaker_http_request_duration_seconds_count{method="GET",route="/metrics",status="200"}') ?? 0) > 0);
    assert.ok(series.has('process_resident_memory_bytes'));
    assert.equal(series.has('dbmaker_instances{status="pending"}'), false);
  } finally {
    Reflect.deleteProperty(api.store, 'ping');
    Reflect.deleteProperty(api.store.instances, 'totals');
  }
  assert.ok((await read()).series.has('dbmaker_instances{status="pending"}'));
});
