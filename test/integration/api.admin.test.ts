import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Answer, Ask, Harness } from './api-harness.ts';
import { startApi } from './api-harness.ts';

let api: Harness;
before(async () => { api = await startApi(); });
after(() => api[Symbol.asyncDispose]());

const asAdmin = (url: string, method: NonNullable<Ask['method']> = 'GET', body?: object): Promise<Answer> => api.ask(url, { method, token: api.admin.token, ...(body === undefined ? {} : { body }) });
const DAY = 86_400_000;

test('an admin makes two users and their tokens, and each sees only what is theirs', async () => {
  const tokens: string[] = [];
  for (const username of ['ann', 'bob']) {
    const user = await asAdmin('/api/users', 'POST', { username, email: `${username}@example.com` });
    assert.equal(user.status, 201, user.text);
    assert.deepEqual([user.json.role, user.json.quota.instances], ['user', 50]);
    const token = await asAdmin(`/api/users/${user.json.id}/tokens`, 'POST', { name: 'laptop' });
    assert.match(token.json.token, /^dbm_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(token.json.scopes, ['read', 'write']);
    tokens.push(token.json.token);
  }
  const made = await api.ask('/api/containers', { method: 'POST', token: tokens[0]!, body: { template: 'redis', name: 'x' } });
  assert.equal(made.status, 202);
  assert.equal((await api.ask(`/api/containers/${made.json.id}`, { token: tokens[1]! })).status, 404);
  const profile = await api.ask('/api/users/profile', { token: tokens[0]! });
  assert.equal((profile.json as unknown as { username: string }).username, 'ann');
  assert.equal((await asAdmin('/api/users?limit=2')).json.items.length, 2);
});

test('usernames that are taken, reserved or not names are refused', async () => {
  assert.equal((await asAdmin('/api/users', 'POST', { username: 'twice' })).status, 201);
  assert.equal((await asAdmin('/api/users', 'POST', { username: 'twice' })).json.code, 'name_taken');
  for (const username of ['postgres', 'public', 'template1', 'root', '../x', 'Ann', '💾', '', 'x'.repeat(33), 'pg-x', "a'b"]) {
    const { status, json } = await asAdmin('/api/users', 'POST', { username });
    assert.deepEqual([status, Object.keys(json.fields).includes('/username')], [400, true], username);
  }
  assert.deepEqual(Object.keys((await asAdmin('/api/users', 'POST', { username: 'ok', email: 'x', displayName: '\u0007', isAdmin: true })).json.fields), ['/isAdmin']);
  assert.deepEqual(Object.keys((await asAdmin('/api/users', 'POST', { username: 'ok', email: 'x', displayName: '\u0007' })).json.fields), ['/displayName', '/email']);
});

test('role and quota change one by one; nobody takes the admin role from themselves', async () => {
  const { json: user } = await asAdmin('/api/users', 'POST', { username: 'carl', quota: { instances: 3 } });
  const changed = await asAdmin(`/api/users/${user.id}`, 'PATCH', { quota: { cpus: 2 }, role: 'admin', displayName: 'Carl C.' });
  assert.deepEqual([changed.json.quota.instances, changed.json.quota.cpus, changed.json.role], [3, 2, 'admin']);
  assert.equal((await asAdmin(`/api/users/${api.admin.user.id}`, 'PATCH', { role: 'user' })).json.code, 'conflict');
  assert.equal((await asAdmin('/api/users/nosuch', 'PATCH', { role: 'user' })).status, 404);
  assert.equal((await asAdmin(`/api/users/${user.id}`, 'PATCH', { quota: { instances: -1 } })).status, 400);
  assert.equal((await asAdmin(`/api/users/${user.id}`, 'PATCH', {})).status, 400);
});

test('tokens live 90 days unless told, a year at most, and give no more than the token that made them', async () => {
  const dora = await api.person('dora');
  const make = (body: object, token = dora.token): Promise<Answer> => api.ask('/api/tokens', { method: 'POST', token, body });
  const lifeOf = (answer: Answer): number => Math.round((Date.parse(answer.json.expiresAt ?? '') - Date.now()) / DAY);
  assert.equal(lifeOf(await make({ name: 'a' })), 90);
  assert.equal(lifeOf(await make({ name: 'b', expiresIn: '365d' })), 365);
  for (const expiresIn of ['366d', 'never', '0d', 'soon']) assert.deepEqual(Object.keys((await make({ name: 'c', expiresIn })).json.fields), ['/expiresIn'], expiresIn);
  assert.equal((await make({ name: 'd', scopes: ['admin'] })).status, 403);
  const narrow = await make({ name: 'e', scopes: ['read'] });
  assert.equal((await make({ name: 'f' }, narrow.json.token)).status, 403);
  const { json } = await asAdmin(`/api/users/${dora.user.id}/tokens`, 'POST', { name: 'g', scopes: ['admin'] });
  assert.equal(json.code, 'forbidden');
});

test('a token is shown once, listed without its secret, and ends at once when revoked', async () => {
  const fred = await api.person('fred');
  const made = await api.ask('/api/tokens', { method: 'POST', token: fred.token, body: { name: 'ci' } });
  const list = await api.ask('/api/tokens', { token: made.json.token });
  assert.equal(list.json.items.length, 2);
  assert.ok(!list.text.includes('dbm_') && !list.text.includes('token"'));
  assert.equal((await api.ask(`/api/tokens/${made.json.id}`, { method: 'DELETE', token: fred.token })).status, 204);
  assert.equal((await api.ask('/api/tokens', { token: made.json.token })).status, 401);
  assert.equal((await api.ask(`/api/tokens/${made.json.id}`, { method: 'DELETE', token: fred.token })).status, 404);
});

const MEMCACHED = { name: 'Memcached', type: 'memcached', image: 'memcached:1.6-alpine', defaultPort: 11211, connectionStringTemplate: 'memcached://{subdomain}:{port}' };

test('an admin adds a template with JSON alone; what was read can be sent back', async () => {
  const made = await asAdmin('/api/templates', 'POST', MEMCACHED);
  assert.deepEqual([made.status, made.headers['location'], made.json.key, made.json.builtin, made.json.availability], [201, '/api/templates/memcached', 'memcached', false, null]);
  assert.equal((await asAdmin('/api/templates', 'POST', { ...MEMCACHED, name: 'MEMCACHED' })).json.code, 'conflict');
  const read = (await asAdmin('/api/templates/Memcached')).json;
  const put = await asAdmin('/api/templates/memcached', 'PUT', { ...read, image: 'memcached:1.7' });
  assert.deepEqual([put.status, put.json.image], [200, 'memcached:1.7']);
  assert.deepEqual((await api.store.templates.get('memcached'))?.document, { ...MEMCACHED, image: 'memcached:1.7' });
  assert.equal((await asAdmin('/api/templates/memcached', 'PUT', { ...MEMCACHED, name: 'Other' })).json.code, 'invalid_template');
  assert.equal((await asAdmin('/api/templates/memcached', 'DELETE')).status, 204);
  assert.equal((await asAdmin('/api/templates/memcached')).json.code, 'template_not_found');
});

test('the built-in ones are there, can be replaced, and do not vanish', async () => {
  assert.deepEqual((await asAdmin('/api/templates')).json.items.map(({ key, builtin }) => [key, builtin]).sort(), [['postgresql', true], ['redis', true]]);
  assert.equal((await asAdmin('/api/templates/redis', 'DELETE')).json.code, 'conflict');
  const promised = { name: 'Redis', type: 'redis', image: 'redis:7-alpine', defaultPort: 6379, connectionStringTemplate: 'redis://{subdomain}:{port}' };
  assert.deepEqual((await asAdmin('/api/templates/redis', 'PUT', promised)).json.builtin, false);
});

test('a template that could do harm, or that is no template, is refused with every reason', async () => {
  const bad = await asAdmin('/api/templates', 'POST', { ...MEMCACHED, image: 'http://x/y', defaultPort: 0, environmentVariables: { LD_PRELOAD: 'x' }, connectionStringTemplate: 'x://{nobody}', dataPath: '/etc' });
  assert.deepEqual([bad.status, bad.json.code], [400, 'invalid_template']);
  assert.deepEqual(Object.keys(bad.json.fields).sort(), ['/connectionStringTemplate', '/dataPath', '/defaultPort', '/environmentVariables/LD_PRELOAD', '/image']);
  const shapeless = await asAdmin('/api/templates', 'POST', { name: 'x', privileged: true });
  assert.deepEqual(Object.keys(shapeless.json.fields).sort(), ['/connectionStringTemplate', '/defaultPort', '/image', '/privileged', '/type']);
});
