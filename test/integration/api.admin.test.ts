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

test('a person has a hundred API tokens and no more, also of those that are asked for at once', async () => {
  const { token, user } = await api.person('collector');
  const answers = await Promise.all(Array.from({ length: 130 }, (_, n) => api.ask('/api/tokens', { method: 'POST', token, body: { name: `t${String(n)}` } })));
  const refused = answers.filter(({ status }) => status !== 201);
  assert.equal((await api.store.tokens.listByUser(user.id)).length, 100);
  assert.deepEqual([...new Set(refused.map(({ status, json }) => `${String(status)} ${json.code} ${json.detail}`))], ['403 quota_exceeded There are 100 tokens already.']);
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

test('users are listed and looked at with what they have in use and when they were last here, and are found by part of what they are called', async () => {
  const hugo = await api.person('hugo');
  const before = await asAdmin(`/api/users/${hugo.user.id}`);
  const { id, username, displayName, email, role, quota } = hugo.user;
  const usage = { instances: 0, memoryBytes: 0, cpus: 0, backupBytes: 0 };
  assert.deepEqual(before.json, { id, username, displayName, email, role, quota, disabled: false, createdAt: new Date(hugo.user.createdAt).toISOString(), usage, lastSeenAt: null });
  const made = await api.ask('/api/containers', { method: 'POST', token: hugo.token, body: { template: 'redis', name: 'x' } });
  const { json: after } = await asAdmin('/api/users?search=HUG');
  assert.deepEqual(after.items.map((item) => item.id), [id]);
  const [seen] = after.items as unknown as { usage: typeof usage; lastSeenAt: string }[];
  assert.deepEqual(seen?.usage, { instances: 1, memoryBytes: made.json.resources.memoryBytes, cpus: made.json.resources.cpus, backupBytes: 0 });
  assert.ok(Math.abs(Date.parse(seen.lastSeenAt) - Date.now()) < 60_000);
  assert.deepEqual((await asAdmin('/api/users?search=%25')).json.items, []);
  assert.equal((await asAdmin(`/api/users?search=${'x'.repeat(201)}`)).status, 400);
  assert.equal((await asAdmin('/api/users/nobody')).status, 404);
});

test('whoever is disabled is let in by nothing, their databases go on, and all is as before when they are let in again', async () => {
  const ines = await api.person('ines');
  const { json: database } = await api.ask('/api/containers', { method: 'POST', token: ines.token, body: { template: 'redis', name: 'x' } });
  const login = await api.ask('/api/auth/login', { method: 'POST', token: ines.token });
  const cookie = String(login.headers['set-cookie']).split(';')[0] ?? '';
  const set = (disabled: boolean): Promise<Answer> => asAdmin(`/api/users/${ines.user.id}`, 'PATCH', { disabled });
  assert.deepEqual([(await set(true)).json as unknown as object, (await set(true)).status], [{ ...(await set(true)).json, disabled: true }, 200], 'twice is once');
  const refused = await api.ask('/api/users/profile', { token: ines.token });
  assert.deepEqual([refused.status, refused.json.code], [403, 'account_disabled']);
  assert.match(refused.json.remedy, /admin/);
  assert.equal((await api.ask('/api/users/profile', { token: `${ines.token.slice(0, -1)}${ines.token.endsWith('a') ? 'b' : 'a'}` })).json.code, 'unauthenticated', 'a stranger is not told');
  assert.equal((await asAdmin(`/api/containers/${database.id}`)).json.desired, 'running');
  assert.deepEqual((await asAdmin('/api/audit?limit=200')).json.items.filter((item) => 'actor' in item && (item as unknown as { action: string }).action === 'user.change').length > 0, true);
  assert.equal((await set(false)).status, 200);
  assert.equal((await api.ask('/api/users/profile', { token: ines.token })).status, 200);
  assert.equal((await api.ask('/api/users/profile', { headers: { cookie } })).status, 401, 'sessions ended for good');
});

test('nobody disables themselves; of two admins who disable each other at once one is left', async () => {
  const boss = api.admin;
  assert.deepEqual([(await asAdmin(`/api/users/${boss.user.id}`, 'PATCH', { disabled: true })).json.code], ['conflict']);
  for (let round = 0; round < 5; round += 1) {
    await using own = await startApi();
    const other = await own.person('other', { role: 'admin' });
    const change = round % 2 === 0 ? { disabled: true } : { role: 'user' };
    const answers = await Promise.all([[own.admin, other], [other, own.admin]].map(([by, of]) => own.ask(`/api/users/${of!.user.id}`, { method: 'PATCH', token: by!.token, body: change })));
    // The second one comes too late, as the last admin, or as one who is none any more.
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ text }) => text).join('\n'));
    assert.match(answers.find(({ status }) => status !== 200)?.json.code ?? '', /^(conflict|forbidden|account_disabled)$/);
  }
});

test('an admin sees and revokes the tokens of others; sessions begun with one end with it, and the audit says who did it', async () => {
  const jack = await api.person('jack');
  const cookie = String((await api.ask('/api/auth/login', { method: 'POST', token: jack.token })).headers['set-cookie']).split(';')[0] ?? '';
  const list = await asAdmin(`/api/users/${jack.user.id}/tokens`);
  assert.ok(!list.text.includes('dbm_'));
  const token = list.json.items.find(({ name }) => name === 'test')!;
  assert.deepEqual(list.json.items.map(({ name }) => name).sort(), [`browser session of ${token.id}`, 'test']);
  assert.equal((await asAdmin(`/api/users/${api.admin.user.id}/tokens/${token.id}`, 'DELETE')).status, 404, 'of whom it is not');
  assert.equal((await asAdmin(`/api/users/${jack.user.id}/tokens/${token.id}`, 'DELETE')).status, 204);
  assert.deepEqual([(await api.ask('/api/users/profile', { token: jack.token })).status, (await api.ask('/api/users/profile', { headers: { cookie } })).status], [401, 401]);
  assert.equal((await asAdmin(`/api/users/${jack.user.id}/tokens/${token.id}`, 'DELETE')).status, 404);
  assert.equal((await asAdmin('/api/users/nobody/tokens')).status, 404);
  const [entry] = (await api.store.audit.list({ action: 'token.delete' }, { limit: 10 })).items.filter(({ outcome }) => outcome === 'ok');
  assert.deepEqual([entry?.actor.name, entry?.subject, entry?.ownerId], ['admin', token.id, jack.user.id]);
});

test('a password reset leaves API tokens, unless the admin wants them revoked as well', async () => {
  const olga = await api.person('olga');
  const reset = (body?: object): Promise<Answer> => asAdmin(`/api/users/${olga.user.id}/password`, 'POST', body);
  const profile = async (): Promise<number> => (await api.ask('/api/users/profile', { token: olga.token })).status;
  assert.deepEqual([(await reset()).status, await profile(), (await reset({ revokeTokens: false })).status, await profile()], [200, 200, 200, 200]);
  assert.equal((await reset({ revokeTokens: 'yes' })).status, 400);
  assert.equal((await reset({ revokeToken: true })).status, 400, 'a word that is not quite it must not be taken for no');
  assert.deepEqual([(await reset({ revokeTokens: true })).status, await profile()], [200, 401]);
  assert.deepEqual(await api.store.tokens.listByUser(olga.user.id), []);
  const entries = (await api.store.audit.list({ action: 'user.password-reset' }, { limit: 10 })).items.filter(({ subject }) => subject === 'olga');
  assert.deepEqual(entries[0]?.detail, { revokeTokens: true });
});

test('a password that was changed has ended other sign-ins, whatever comes between it and the answer', async () => {
  const ida = await api.person('ida');
  const session = async (): Promise<string> => String((await api.ask('/api/auth/login', { method: 'POST', token: await api.token(ida.user, ['write']) })).headers['set-cookie']).split(';', 1)[0] ?? '';
  const isIn = async (cookie: string): Promise<boolean> => (await api.ask('/api/users/profile', { headers: { cookie } })).status === 200;
  const { sessions } = api.store.signIn;
  const endAll = sessions.endAll.bind(sessions);
  let current = '';
  const changes: Record<string, () => Promise<Answer>> = {
    'by an admin': () => asAdmin(`/api/users/${ida.user.id}/password`, 'POST'),
    'by themselves': () => api.ask('/api/users/profile/password', { method: 'PUT', token: ida.token, body: { current, next: 'a horse and a battery' } }),
  };
  for (const [how, change] of Object.entries(changes)) {
    current = (await asAdmin(`/api/users/${ida.user.id}/password`, 'POST')).json['password' as keyof Answer['json']] as string;
    const other = await session();
    assert.equal(await isIn(other), true, how);
    sessions.endAll = async () => { throw new Error('the server was killed here'); };
    assert.equal((await change()).status, 500, how);
    sessions.endAll = endAll;
    assert.equal(await isIn(other), false, how);
  }
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

test('a token that ends makes none that goes on after it, neither by itself nor by a session that was begun with it', async () => {
  const [gil, end] = [await api.person('gil'), Date.now() + 3_600_000];
  const ci = await api.token(gil.user, ['write'], end);
  const login = await api.ask('/api/auth/login', { method: 'POST', token: ci });
  const session = { cookie: String(login.headers['set-cookie']).split(';', 1)[0] ?? '', 'x-csrf-token': (login.json as unknown as { csrfToken: string }).csrfToken };
  const endOf = async (path: string, shown: Ask, body: object): Promise<number> => Date.parse((await api.ask(path, { method: 'POST', ...shown, body: { name: 'x', ...body } })).json.expiresAt ?? '');
  for (const shown of [{ token: ci }, { headers: session }]) {
    assert.equal(await endOf('/api/tokens', shown, {}), end);
    assert.equal(await endOf('/api/tokens', shown, { expiresIn: '365d' }), end);
    assert.ok((await endOf('/api/tokens', shown, { expiresIn: '10m' })) < end, 'a shorter time is what it is');
  }
  const boss = await api.token(api.admin.user, ['admin'], end);
  assert.equal(await endOf(`/api/users/${gil.user.id}/tokens`, { token: boss }, { expiresIn: '2h' }), end);
  assert.ok((await endOf('/api/tokens', { token: gil.token }, { expiresIn: '365d' })) > end, 'by one that does not end');
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
