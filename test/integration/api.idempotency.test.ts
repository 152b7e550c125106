import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { derivedId } from '../../src/domain/derived-id.ts';
import type { Answer, Harness, Person } from './api-harness.ts';
import { startApi } from './api-harness.ts';

let api: Harness;
let ann: Person;
before(async () => {
  api = await startApi();
  ann = await api.person('ann');
});
after(() => api[Symbol.asyncDispose]());

const post = (key: string, body: object, token = ann.token): Promise<Answer> => api.ask('/api/containers', { method: 'POST', token, body, headers: { 'idempotency-key': key } });

test('the same POST sent twice makes one database and gets the same answer', async () => {
  const first = await post('k1', { template: 'redis', name: 'once' });
  const second = await post('k1', { name: 'once', template: 'redis' });
  assert.deepEqual([first.status, second.status], [202, 202]);
  assert.equal(first.headers['idempotency-replayed'], undefined);
  assert.equal(second.headers['idempotency-replayed'], 'true');
  assert.deepEqual(second.json, first.json);
  assert.equal(second.headers['location'], first.headers['location']);
  assert.equal((await api.ask('/api/containers?search=once', { token: ann.token })).json.items.length, 1);
});

test('ten at once make one database; those that come too early are told when to come back', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => post('k2', { template: 'redis', name: 'crowd' })));
  for (const answer of answers) {
    assert.ok(answer.status === 202 || (answer.status === 409 && answer.headers['retry-after'] === '1'), answer.text);
  }
  assert.equal(new Set(answers.filter(({ status }) => status === 202).map(({ json }) => json.id)).size, 1);
  assert.equal((await api.ask('/api/containers?search=crowd', { token: ann.token })).json.items.length, 1);
});

test('another body under the same key is refused, another user\'s same key is another key', async () => {
  await post('k3', { template: 'redis', name: 'mine' });
  const other = await post('k3', { template: 'redis', name: 'other' });
  assert.deepEqual([other.status, other.json.code], [422, 'idempotency_key_reused']);
  const bob = await api.person('bob');
  assert.equal((await post('k3', { template: 'redis', name: 'other' }, bob.token)).status, 202);
});

test('a request that failed gives its key back', async () => {
  assert.equal((await post('k4', { template: 'nosuch', name: 'later' })).status, 404);
  assert.equal((await post('k4', { template: 'redis', name: 'later' })).status, 202);
});

test('a repetition waits as it asks to', async () => {
  const { json } = await post('k5', { template: 'redis', name: 'waiter' });
  await api.report(json.id, { phase: 'running', observedGeneration: 1, provisioned: true });
  const again = await api.ask('/api/containers', { method: 'POST', token: ann.token, body: { template: 'redis', name: 'waiter' }, headers: { 'idempotency-key': 'k5', prefer: 'wait=5' } });
  assert.deepEqual([again.status, again.json.id], [201, json.id]);
});

test('after a kill between making the database and noting the answer, the repetition finds it instead of making a second one', async () => {
  const body = { template: 'redis', name: 'killed' };
  const first = await post('k6', body);
  // As a kill would have left it: the claim without an answer, and expired.
  await api.store.idempotency.deleteBefore(Number.MAX_SAFE_INTEGER);
  const again = await post('k6', body);
  assert.deepEqual([again.status, again.json.id, again.headers['idempotency-replayed']], [202, first.json.id, 'true']);
  assert.equal((await api.ask('/api/containers?search=killed', { token: ann.token })).json.items.length, 1);
});

test('a claim of a request that is still under way is a conflict', async () => {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256').update('{"name":"slow","template":"redis"}').digest('hex');
  assert.equal(await api.store.idempotency.begin(ann.user.id, 'k7', hash, 60_000), null);
  const { status, json, headers } = await post('k7', { template: 'redis', name: 'slow' });
  assert.deepEqual([status, json.code, headers['retry-after']], [409, 'conflict', '1']);
});

test('keys are 1 to 255 visible characters', async () => {
  for (const key of ['x'.repeat(256), 'a b', 'ä']) assert.equal((await post(key, { template: 'redis', name: 'x' })).json.code, 'invalid_request', key);
  assert.equal((await post('x'.repeat(255), { template: 'redis', name: 'long-key' })).status, 202);
});

test('derived ids have the form of ids and differ by seed', () => {
  const ids = new Set(Array.from({ length: 2000 }, (_, n) => derivedId(String(n))));
  assert.equal(ids.size, 2000);
  for (const id of ids) assert.match(id, /^[a-z][a-z0-9]{11}$/);
});
