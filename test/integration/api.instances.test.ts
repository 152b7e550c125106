import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Harness, Person } from './api-harness.ts';
import { waitFor } from '../support/wait.ts';
import { create, PORT_RANGE, startApi } from './api-harness.ts';

let api: Harness;
let ann: Person;
let bob: Person;
before(async () => {
  api = await startApi();
  ann = await api.person('ann');
  bob = await api.person('bob');
});
after(() => api[Symbol.asyncDispose]());

/** The instance of ann's with this name, as soon as there is one. */
async function listed(name: string): Promise<{ id: string }> {
  return waitFor(async () => (await api.ask(`/api/containers?search=${name}`, { token: ann.token })).json.items[0], { what: `${name} to be listed` });
}

const RUNNING = { phase: 'running', observedGeneration: 1, provisioned: true } as const;

test('creating answers 202 with Location and the instance, and wakes the workers', async () => {
  const answer = await api.ask('/api/containers', { method: 'POST', token: ann.token, body: { template: 'PostgreSQL', name: 'orders', resources: { memory: '512MB', cpus: 0.5 }, sleepAfter: '30m', removeAfter: '7d' } });
  assert.equal(answer.status, 202, answer.text);
  const { json } = answer;
  assert.equal(answer.headers['location'], `/api/containers/${json.id}`);
  assert.match(json.id, /^[a-z][a-z0-9]{11}$/);
  assert.match(json.slug, /^ann-postgresql-[a-z0-9]{4}$/);
  assert.equal(json.hostname, `${json.slug}.localhost`);
  assert.ok(json.port >= PORT_RANGE.from && json.port <= PORT_RANGE.to);
  const { name, template, type, engine, owner, status, desired, resources, sleepAfter, removeAfter, version, reason, startedAt } = json;
  assert.deepEqual({ name, template, type, engine, owner, status, desired, resources, sleepAfter, removeAfter, version, reason, startedAt }, {
    name: 'orders', template: 'postgresql', type: 'postgresql', engine: 'postgresql', owner: 'ann', status: 'pending', desired: 'running',
    resources: { memoryBytes: 512 * 1024 ** 2, cpus: 0.5 }, sleepAfter: '30m', removeAfter: '7d', version: null, reason: null, startedAt: null,
  });
  assert.match(json.createdAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.ok(api.woken.includes(json.id));
  assert.deepEqual((await api.ask(answer.headers['location'], { token: ann.token })).json, json);
  assert.ok(!answer.text.includes('password'));
});

test('Prefer: wait answers 201 once it runs', async () => {
  const pending = api.ask('/api/containers', { method: 'POST', token: ann.token, headers: { prefer: 'respond-async, wait=20' }, body: { template: 'redis', name: 'waits' } });
  const { id } = await listed('waits');
  await api.report(id, { phase: 'provisioning' });
  await api.report(id, RUNNING);
  const answer = await pending;
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.json.status, 'running');
  assert.equal(answer.headers['preference-applied'], 'wait=20');
});

test('Prefer: wait answers 202 with the reason as soon as it failed, and with the present state when time is up', async () => {
  const failing = api.ask('/api/containers', { method: 'POST', token: ann.token, headers: { prefer: 'wait=20' }, body: { template: 'redis', name: 'fails' } });
  const { id } = await listed('fails');
  await api.report(id, { phase: 'failed', observedGeneration: 1, reason: { code: 'image_missing', message: 'There is no such image.' } });
  const failed = await failing;
  assert.equal(failed.status, 202);
  assert.deepEqual([failed.json.status, failed.json.reason], ['failed', { code: 'image_missing', message: 'There is no such image.' }]);

  const late = await api.ask('/api/containers', { method: 'POST', token: ann.token, headers: { prefer: 'wait=1' }, body: { template: 'redis', name: 'late' } });
  assert.deepEqual([late.status, late.json.status], [202, 'pending']);
});

test('actions are idempotent, wake the workers and wait for the state', async () => {
  const { id } = await create(api, ann.token, 'acts');
  await api.report(id, RUNNING);
  const act = (action: string, prefer?: string): ReturnType<Harness['ask']> =>
    api.ask(`/api/containers/${id}/${action}`, { method: 'POST', token: ann.token, ...(prefer === undefined ? {} : { headers: { prefer } }) });

  const started = await act('start');
  assert.deepEqual([started.status, started.json.desired], [202, 'running']);
  assert.equal((await api.store.instances.get(id))!.spec.generation, 1, 'starting what runs changes nothing');

  const stopping = act('stop', 'wait=20');
  await waitFor(async () => (await api.store.instances.get(id))?.spec.desired === 'stopped', { what: 'the stop to be written' });
  await api.report(id, { phase: 'stopped', observedGeneration: 2 });
  const stopped = await stopping;
  assert.deepEqual([stopped.status, stopped.json.status], [200, 'stopped']);
  assert.equal((await act('stop')).status, 202);
  assert.equal((await act('sleep')).json.code, 'not_running');
  assert.equal((await act('rotate-password')).json.code, 'not_running');

  assert.equal((await act('restart')).json.desired, 'running');
  const restarted = (await api.store.instances.get(id))!;
  assert.deepEqual([restarted.spec.restarts, restarted.spec.generation], [1, 3]);
  assert.equal((await act('sleep')).json.desired, 'sleeping');
});

test('a failed one is tried again when somebody starts it again', async () => {
  const { id } = await create(api, ann.token, 'again');
  await api.report(id, { phase: 'failed', observedGeneration: 1, reason: { code: 'crash_loop', message: 'x' } });
  await api.ask(`/api/containers/${id}/start`, { method: 'POST', token: ann.token });
  assert.equal((await api.store.instances.get(id))!.spec.generation, 2);
});

test('rotating the password keeps the old one until the new one was proven; a second rotation meanwhile is refused', async () => {
  const { id } = await create(api, ann.token, 'rotates');
  await api.report(id, RUNNING);
  const connection = async (): Promise<string> => (await api.ask(`/api/containers/${id}/connection`, { token: ann.token })).json.password;
  const old = await connection();
  const rotate = (headers = {}): ReturnType<Harness['ask']> => api.ask(`/api/containers/${id}/rotate-password`, { method: 'POST', token: ann.token, headers });
  const rotating = rotate({ prefer: 'wait=20' });
  const next = await waitFor(async () => (await api.store.instances.get(id))?.secrets.nextPassword, { what: 'the rotation to be written' });
  assert.equal(await connection(), old);
  assert.equal((await rotate()).json.code, 'conflict');
  await api.report(id, { observedGeneration: 2 }, { rotated: next });
  assert.equal((await rotating).status, 200);
  const fresh = await connection();
  assert.match(fresh, /^[A-Za-z0-9]{32}$/);
  assert.notEqual(fresh, old);
});

test('a rotation that the database refused is told as an error, not as done', async () => {
  const { id } = await create(api, ann.token, 'refuses');
  await api.report(id, RUNNING);
  const rotating = api.ask(`/api/containers/${id}/rotate-password`, { method: 'POST', token: ann.token, headers: { prefer: 'wait=20' } });
  const next = await waitFor(async () => (await api.store.instances.get(id))?.secrets.nextPassword, { what: 'the rotation to be written' });
  const reason = { code: 'access_denied', message: 'The password was changed inside.' } as const;
  await api.report(id, { observedGeneration: 2, reason }, { rotationRefused: next });
  const { status, json } = await rotating;
  assert.deepEqual([status, json.code], [502, 'access_denied']);
  assert.match(json.detail, /not changed.*changed inside/);
});

test('changes name, resources and policies', async () => {
  const { id } = await create(api, ann.token, 'changes');
  const patch = (body: object): ReturnType<Harness['ask']> => api.ask(`/api/containers/${id}`, { method: 'PATCH', token: ann.token, body });
  const { json, status } = await patch({ name: 'changed', resources: { memory: '1GB' }, sleepAfter: '1h' });
  assert.equal(status, 200);
  assert.deepEqual([json.name, json.resources, json.sleepAfter, json.removeAfter], ['changed', { memoryBytes: 1024 ** 3, cpus: 1 }, '1h', 'never']);
  assert.equal((await patch({ sleepAfter: 'never' })).json.sleepAfter, 'never');
  assert.equal((await patch({})).json.code, 'invalid_request');
  assert.deepEqual((await patch({ sleepAfter: '1s', removeAfter: '1m', resources: { memory: '1MB' }, name: '../x' })).json.fields, {
    '/resources/memory': 'must be between 32 MiB and 64 GiB',
    '/name': 'must be 1 to 40 characters: lower-case letters a-z, digits and hyphens, no hyphen at either end',
    '/sleepAfter': 'must be at least 1m',
    '/removeAfter': 'must be at least 1h',
  });
});

test('deleting answers 202, again 202, and 404 once it is gone; nothing else can be done with it', async () => {
  const { id } = await create(api, ann.token, 'goes');
  const first = await api.ask(`/api/containers/${id}`, { method: 'DELETE', token: ann.token });
  assert.deepEqual([first.status, first.json.status, first.json.desired], [202, 'deleting', 'deleted']);
  const [told] = await api.store.events.list({ instanceId: id, type: 'instance.delete-requested' }, { limit: 10 });
  assert.deepEqual([told?.message, told?.data['backup']], ['Is being deleted, without a backup, as it has never run.', false]);
  assert.equal((await api.ask(`/api/containers/${id}/start`, { method: 'POST', token: ann.token })).status, 404);
  assert.equal((await api.ask(`/api/containers/${id}`, { method: 'PATCH', token: ann.token, body: { name: 'x' } })).status, 404);
  const waiting = api.ask(`/api/containers/${id}`, { method: 'DELETE', token: ann.token, headers: { prefer: 'wait=20' } });
  await api.close(id);
  const gone = await waiting;
  assert.ok(gone.status === 204 || gone.status === 404, gone.text);
  assert.equal((await api.ask(`/api/containers/${id}`, { method: 'DELETE', token: ann.token })).status, 404);
  await create(api, ann.token, 'goes'); // the name is free again
});

test('lists pages newest first, filtered, and only what is one\'s own', async () => {
  const NAMES = ['one', 'three', 'two']; // sorted
  const cid = await api.person('cid');
  for (const name of NAMES) await create(api, cid.token, name, name === 'two' ? 'redis' : 'postgresql');
  const list = async (query: string, token = cid.token): Promise<{ names: string[]; next: string | null }> => {
    const { json, status, text } = await api.ask(`/api/containers?${query}`, { token });
    assert.equal(status, 200, text);
    return { names: json.items.map((item) => item.name).sort(), next: json.next };
  };
  const first = await list('limit=2');
  assert.equal(first.names.length, 2);
  const second = await list(`limit=2&cursor=${encodeURIComponent(first.next!)}`);
  assert.deepEqual([...first.names, ...second.names].sort(), NAMES);
  assert.equal(second.next, null);
  assert.deepEqual((await list('type=redis')).names, ['two']);
  assert.deepEqual((await list('status=pending&search=three')).names, ['three']);
  assert.deepEqual((await list('status=running')).names, []);
  assert.deepEqual((await list('owner=cid', api.admin.token)).names, NAMES);
  assert.deepEqual((await list('owner=nobody-at-all', api.admin.token)).names, []);
  assert.equal((await api.ask('/api/containers?owner=cid', { token: bob.token })).json.code, 'forbidden');
  assert.equal((await api.ask('/api/containers?cursor=nonsense', { token: cid.token })).json.code, 'invalid_request');
  for (const query of ['limit=0', 'limit=201', 'limit=many', 'status=broken', 'sort=name']) {
    const { json } = await api.ask(`/api/containers?${query}`, { token: cid.token });
    assert.deepEqual([json.code, Object.keys(json.fields)], ['invalid_request', [`/${query.split('=')[0]!}`]], query);
  }
});

test('what belongs to somebody else does not exist', async () => {
  const { id } = await create(api, ann.token, 'private');
  for (const [method, path] of [['GET', ''], ['DELETE', ''], ['POST', '/start'], ['POST', '/stop'], ['GET', '/connection'], ['GET', '/logs'], ['GET', '/events'], ['GET', '/metrics']] as const) {
    const foreign = await api.ask(`/api/containers/${id}${path}`, { method, token: bob.token });
    const missing = await api.ask(`/api/containers/nosuchthing1${path}`, { method, token: bob.token });
    const { requestId: _a, instance: _b, ...one } = foreign.json;
    const { requestId: _c, instance: _d, ...other } = missing.json;
    assert.equal(foreign.status, 404);
    assert.deepEqual(one, other, 'indistinguishable from one that does not exist');
  }
  assert.equal((await api.ask(`/api/containers/${id}`, { token: api.admin.token })).status, 200);
  assert.deepEqual((await api.ask('/api/containers', { token: bob.token })).json.items, []);
});
