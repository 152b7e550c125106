import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { backupPasswordContext } from '../../src/domain/backup/backup.ts';
import { hashApiToken } from '../../src/api/secrets.ts';
import { csrfTokenOf, hashSession } from '../../src/api/session-cookie.ts';
import { tokenMaker } from '../support/access-tokens.ts';
import { addBackup } from '../support/store.ts';
import type { Ask, Harness, Person } from './api-harness.ts';
import { create, startApi } from './api-harness.ts';

/**
 * Who gets what from every route. Columns: nobody, a token that has expired, a token of the owner with the scope read only, the owner, a stranger,
 * an admin's account with a token that lacks the scope admin, an admin. Then those with whom the owner's database is shared, as viewer and as operator:
 * where nothing else is said they are strangers.
 */
const WHO = ['nobody', 'expired', 'readOnly', 'owner', 'stranger', 'weakAdmin', 'admin', 'viewer', 'operator'] as const;
type Who = (typeof WHO)[number];
type Row = readonly [nobody: number, expired: number, readOnly: number, owner: number, stranger: number, weakAdmin: number, admin: number];

const READ_OWN: Row = [401, 401, 200, 200, 404, 404, 200];
const WRITE_OWN: Row = [401, 401, 403, 202, 404, 404, 202];
const READ: Row = [401, 401, 200, 200, 200, 200, 200];
const ADMIN: Row = [401, 401, 403, 403, 403, 403, 200];

/** What a viewer and an operator may. */
type Shared = readonly [viewer: number, operator: number];
const SEEN: Shared = [200, 200];
const OPERATED: Shared = [403, 202];
const OWNERS: Shared = [403, 403];

/** Every route of the OpenAPI document has to be here. `body` is valid, so that only the right to do it decides. */
const MATRIX: Readonly<Record<string, { row: Row; shared?: Shared; body?: (n: number) => object }>> = {
  'GET /health': { row: [503, 503, 503, 503, 503, 503, 503] }, // no worker runs in this test
  'GET /metrics': { row: [200, 401, 403, 403, 403, 403, 200] }, // direct and from this machine: open
  'GET /api/certificate-authority': { row: [404, 404, 404, 404, 404, 404, 404] }, // none of our own in this test
  'GET /api/monitoring': { row: ADMIN },
  'GET /api/audit': { row: READ },
  'GET /api/audit/export': { row: ADMIN },
  'GET /api/users/profile': { row: READ },
  'GET /api/users': { row: ADMIN },
  'POST /api/users': { row: [401, 401, 403, 403, 403, 403, 201], body: (n) => ({ username: `new${String(n)}` }) },
  'GET /api/users/{id}': { row: ADMIN },
  'PATCH /api/users/{id}': { row: ADMIN, body: () => ({ displayName: 'Changed' }) },
  'POST /api/users/{id}/tokens': { row: [401, 401, 403, 403, 403, 403, 201], body: () => ({ name: 'x' }) },
  'GET /api/users/{id}/tokens': { row: ADMIN },
  'DELETE /api/users/{id}/tokens/{tokenId}': { row: [401, 401, 403, 403, 403, 403, 204] },
  'GET /api/sign-in': { row: [200, 200, 200, 200, 200, 200, 200] },
  'POST /api/users/{id}/password': { row: ADMIN },
  'PUT /api/users/profile/password': { row: [401, 401, 403, 400, 400, 400, 400], body: () => ({ current: 'x', next: 'short' }) }, // too short, for those who may
  'POST /api/auth/login': { row: READ },
  'POST /api/auth/logout': { row: [401, 401, 204, 204, 204, 204, 204] },
  'GET /api/tokens': { row: READ },
  'POST /api/tokens': { row: [401, 401, 403, 201, 201, 201, 201], body: () => ({ name: 'x' }) },
  'DELETE /api/tokens/{id}': { row: [401, 401, 403, 204, 404, 404, 404] }, // an admin too deletes only their own
  'GET /api/webhooks': { row: READ },
  'POST /api/webhooks': { row: [401, 401, 403, 201, 201, 201, 201], body: () => ({ url: 'https://example.com/' }) },
  'GET /api/webhooks/{id}': { row: READ_OWN },
  'PATCH /api/webhooks/{id}': { row: [401, 401, 403, 200, 404, 404, 200], body: () => ({ types: ['instance.failed'] }) },
  'DELETE /api/webhooks/{id}': { row: [401, 401, 403, 204, 404, 404, 204] },
  'GET /api/webhooks/{id}/deliveries': { row: READ_OWN },
  'POST /api/webhooks/{id}/test': { row: WRITE_OWN },
  'POST /api/webhooks/{id}/deliveries/{deliveryId}/retry': { row: WRITE_OWN },
  'GET /api/templates': { row: READ },
  'POST /api/templates': { row: [401, 401, 403, 403, 403, 403, 201], body: (n) => template(`New ${String(n)}`) },
  'POST /api/templates/validate': { row: ADMIN, body: () => ({}) },
  'POST /api/template-tests': { row: [401, 401, 403, 403, 403, 403, 202], body: () => template('Tried') },
  'GET /api/templates/{name}': { row: READ },
  'PUT /api/templates/{name}': { row: ADMIN, body: () => template('Mine') },
  'DELETE /api/templates/{name}': { row: [401, 401, 403, 403, 403, 403, 204] },
  'GET /api/containers': { row: READ },
  'POST /api/containers': { row: [401, 401, 403, 202, 202, 202, 202], body: (n) => ({ template: 'redis', name: `m-${String(n)}` }) },
  'GET /api/containers/activity': { row: READ },
  'GET /api/containers/{id}': { row: READ_OWN, shared: SEEN },
  'PATCH /api/containers/{id}': { row: [401, 401, 403, 200, 404, 404, 200], shared: OWNERS, body: (n) => ({ name: `r-${String(n)}` }) },
  'DELETE /api/containers/{id}': { row: WRITE_OWN, shared: OWNERS },
  'POST /api/containers/{id}/start': { row: WRITE_OWN, shared: OPERATED },
  'POST /api/containers/{id}/stop': { row: WRITE_OWN, shared: OPERATED },
  'POST /api/containers/{id}/sleep': { row: WRITE_OWN, shared: OPERATED },
  'POST /api/containers/{id}/restart': { row: WRITE_OWN, shared: OPERATED },
  'POST /api/containers/{id}/rotate-password': { row: WRITE_OWN, shared: OWNERS },
  'GET /api/containers/{id}/connection': { row: [401, 401, 403, 200, 404, 404, 200], shared: [403, 200] },
  'GET /api/containers/{id}/address': { row: READ_OWN, shared: SEEN },
  'GET /api/containers/{id}/outlook': { row: READ_OWN, shared: SEEN },
  'GET /api/containers/{id}/logs': { row: READ_OWN, shared: SEEN },
  'GET /api/containers/{id}/events': { row: READ_OWN, shared: SEEN },
  'GET /api/containers/{id}/metrics': { row: READ_OWN, shared: SEEN },
  'GET /api/containers/{id}/metrics/history': { row: READ_OWN, shared: SEEN },
  'GET /api/containers/{id}/shares': { row: READ_OWN, shared: OWNERS },
  'PUT /api/containers/{id}/shares/{username}': { row: [401, 401, 403, 200, 404, 404, 200], shared: OWNERS, body: () => ({ access: 'operator' }) },
  'DELETE /api/containers/{id}/shares/{username}': { row: [401, 401, 403, 204, 404, 404, 204], shared: OWNERS },
  'GET /events/containers': { row: READ },
  'GET /api/backups': { row: READ },
  'GET /api/backups/{id}': { row: READ_OWN },
  'GET /api/backups/{id}/download': { row: [401, 401, 403, 200, 404, 404, 200] },
  'DELETE /api/backups/{id}': { row: [401, 401, 403, 204, 404, 404, 204] },
  'POST /api/backups/{id}/restore': { row: WRITE_OWN, body: (n) => ({ name: `b-${String(n)}` }) },
};

function expectedOf(route: string, who: Who): number {
  const { row, shared = [row[4], row[4]] } = MATRIX[route]!;
  return [...row, ...shared][WHO.indexOf(who)]!;
}

const template = (name: string): object => ({ name, type: 'memcached', image: 'memcached:1.6', defaultPort: 11211, connectionStringTemplate: 'memcached://{subdomain}:{port}' });

let api: Harness;
let owner: Person;
let tokens: Record<Who, string | undefined>;
/** With whom each of the owner's databases is shared. */
let guests: { viewer: Person; operator: Person; guest: Person };
before(async () => {
  api = await startApi({ config: { rateLimit: { failedLogins: 10_000 } } });
  owner = await api.person('owner');
  const weak = await api.person('weak', { role: 'admin' });
  guests = { viewer: await api.person('viewer'), operator: await api.person('operator'), guest: await api.person('guest') };
  tokens = {
    nobody: undefined,
    expired: await api.token(owner.user, ['read', 'write'], Date.now() - 1),
    readOnly: await api.token(owner.user, ['read']),
    owner: owner.token,
    stranger: (await api.person('stranger')).token,
    weakAdmin: await api.token(weak.user, ['read', 'write']),
    admin: api.admin.token,
    viewer: guests.viewer.token,
    operator: guests.operator.token,
  };
});
after(() => api[Symbol.asyncDispose]());

/** What an address with a variable points at: something of the owner's, new for every request, as some requests end it. */
async function addressOf(route: string, n: number): Promise<string> {
  const [, address] = route.split(' ') as [string, string];
  if (address.startsWith('/api/users/{id}')) {
    if (address.includes('{tokenId}')) await api.store.tokens.create({ id: `t${String(n)}`, userId: owner.user.id, name: 'x', scopes: ['read'], expiresAt: null }, `t${String(n)}`);
    return address.replace('{id}', owner.user.id).replace('{tokenId}', `t${String(n)}`);
  }
  if (address.startsWith('/api/tokens/{id}')) {
    await api.token(owner.user, ['read']);
    return address.replace('{id}', (await api.store.tokens.listByUser(owner.user.id)).find((token) => token.scopes.length === 1 && token.id !== readOnlyId)!.id);
  }
  if (address.includes('{name}')) {
    if ((await api.store.templates.get('mine')) === null) await api.ask('/api/templates', { method: 'POST', token: api.admin.token, body: template('Mine') });
    return address.replace('{name}', 'mine');
  }
  if (route === 'POST /api/webhooks') { // nobody may have more than some
    for (const { id } of (await api.store.webhooks.list({}, { limit: 200 })).items) await api.store.webhooks.delete(id);
  }
  if (address.startsWith('/api/webhooks/{id}')) {
    const id = `w${String(n)}`;
    await api.store.webhooks.create({ id, ownerId: owner.user.id, url: 'https://example.com/', types: ['*'], secrets: { current: 'sealed', previous: null } }, 1000);
    await api.store.deliveries.add({ id: `msg_${id}`, webhookId: id, eventId: null, type: 'webhook.test', body: '{}' });
    return address.replace('{id}', id).replace('{deliveryId}', `msg_${id}`);
  }
  if (address.startsWith('/api/backups/{id}')) return address.replace('{id}', await makeBackup(`b${String(n)}`));
  if (!address.includes('{id}')) return address;
  const { id } = await create(api, owner.token, `x-${String(n)}`);
  await api.report(id, { phase: 'running', observedGeneration: 1, provisioned: true });
  for (const [who, { user }] of Object.entries(guests)) await api.store.shares.put(id, user.id, who === 'operator' ? 'operator' : 'viewer', { by: 'owner', limit: 3 });
  return address.replace('{id}', id).replace('{username}', 'guest');
}

/** A verified one of an instance of the owner's; what is in it does not matter here. */
async function makeBackup(id: string): Promise<string> {
  const { id: instanceId } = await create(api, owner.token, `of-${id}`);
  const instance = await api.store.instances.get(instanceId);
  assert.ok(instance);
  const directory = path.join(api.home, 'backups', id, '1');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path.join(directory, 'dump.rdb.gz'), 'data', { mode: 0o600 });
  const password = api.secretBox.seal('password', backupPasswordContext(id));
  await addBackup(api.store, instance, { id, password, files: [{ name: 'dump.rdb.gz', bytes: 4, sha256: 'x' }], expiresAt: Date.now() + 86_400_000 });
  return id;
}

/** Of an answer that has no end: its head. */
async function begin(url: string, token: string | undefined, headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  listening ??= api.app.listen({ host: '127.0.0.1', port: 0 });
  const asking = request(`${await listening}${url}`, { agent: false, headers }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.destroy();
  return { status: answer.statusCode ?? 0, text: '', headers: answer.headers };
}

let listening: Promise<string> | undefined;
let readOnlyId = '';

test('every route of the OpenAPI document is in the matrix, and nothing else', async () => {
  const document = (await api.ask('/openapi.json')).json as unknown as { paths: Record<string, Record<string, unknown>> };
  const routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(routes.filter((route) => !route.startsWith('HEAD ')).sort(), Object.keys(MATRIX).sort());
});

test('every route answers everybody as the matrix says', async () => {
  readOnlyId = (await api.store.tokens.listByUser(owner.user.id)).find((token) => token.scopes.length === 1)!.id;
  const owners = owner.user.id;
  await api.store.users.update(owners, { quota: { instances: 1000, memoryBytes: 2 ** 45, cpus: 1000, backupBytes: 2 ** 40 } });
  let n = 0;
  for (const [route, { body }] of Object.entries(MATRIX)) {
    for (const who of WHO) {
      n++;
      const url = await addressOf(route, n);
      const token = tokens[who];
      const options: Ask = { method: route.split(' ')[0] as 'GET', ...(token === undefined ? {} : { token }), ...(body === undefined ? {} : { body: body(n) }) };
      const { status, text, headers } = await (url.startsWith('/events/') ? begin(url, token) : api.ask(url, options));
      assert.equal(status, expectedOf(route, who), `${route} as ${who}: ${text}`);
      if (status === 401) assert.match(String(headers['www-authenticate']), /^Bearer/);
    }
  }
});

/**
 * What the columns above say of others, who are known by what they show: signed in with an access token of the issuer; an access token that is not
 * good, for one reason each; a session cookie, with and without the token against forged requests; an admin who is disabled (`as` a token that has expired,
 * but with 403).
 */
const OTHERS = {
  ownerSignedIn: { as: 'owner' }, adminSignedIn: { as: 'admin' }, demotedAdmin: { as: 'weakAdmin' },
  revoked: { as: 'expired' }, expiredSignIn: { as: 'expired' }, endedSignIn: { as: 'expired' }, wrongAudience: { as: 'expired' }, wrongIssuer: { as: 'expired' }, wrongKey: { as: 'expired' },
  wrongType: { as: 'expired' }, noScope: { as: 'expired' }, algNone: { as: 'expired' }, algConfused: { as: 'expired' }, unknownPerson: { as: 'expired' },
  cookie: { as: 'owner' }, cookieWithoutCsrfToken: { as: 'owner' },
  viewerSignedIn: { as: 'viewer' }, operatorSignedIn: { as: 'operator' }, operatorReadOnly: { as: 'operator' },
  disabledToken: { as: 'expired' }, disabledSignedIn: { as: 'expired' }, disabledCookie: { as: 'expired' },
} as const satisfies Record<string, { as: Who }>;

test('every route takes an access token or a session for what it is, and nothing that only looks like one', async () => {
  const sign = tokenMaker(api.store, api.secretBox, 'http://localhost:8080/oidc');
  const id = owner.user.id;
  const weak = (await api.store.users.getByUsername('weak'))!.id;
  const gone = await api.token(owner.user, ['read', 'write']);
  await api.store.tokens.delete(id, (await api.store.tokens.findByHash(hashApiToken(gone)))!.token.id);
  const ended = await sign.make(id);
  const readOnly = await api.token(guests.operator.user, ['read']);
  await api.store.signIn.endedTokens.add(createHash('sha256').update(ended.slice(0, ended.lastIndexOf('.'))).digest('hex'), Date.now() + 600_000);
  const off = await api.person('off', { role: 'admin' });
  await api.store.users.update(off.user.id, { disabled: true });
  const offCookie = `c${hashApiToken('off')}`; // ended when they were disabled; here as if it had not been
  await api.store.tokens.create({ id: 'offcookie', userId: off.user.id, name: 'browser session', scopes: ['admin'], expiresAt: null }, hashSession(offCookie));
  const bearers: Record<string, () => Promise<string> | string> = {
    disabledToken: () => off.token, disabledSignedIn: () => sign.make(off.user.id, { claims: { roles: ['admin'] } }),
    ownerSignedIn: () => sign.make(id), adminSignedIn: () => sign.make(api.admin.user.id, { claims: { roles: ['admin'] } }), demotedAdmin: () => sign.make(weak), revoked: () => gone, endedSignIn: () => ended,
    expiredSignIn: () => sign.make(id, { secondsFromNow: -61 }), wrongAudience: () => sign.make(id, { claims: { aud: 'dbmaker-console' } }), wrongIssuer: () => sign.make(id, { claims: { iss: 'http://localhost:8081/oidc' } }),
    wrongKey: () => sign.make(id, { key: 'foreign' }), wrongType: () => sign.make(id, { typ: 'JWT' }), noScope: () => sign.make(id, { claims: { scope: 'openid' } }),
    viewerSignedIn: () => sign.make(guests.viewer.user.id), operatorSignedIn: () => sign.make(guests.operator.user.id), operatorReadOnly: () => readOnly,
    algNone: () => sign.unsigned(id), algConfused: () => sign.confused(id), unknownPerson: () => sign.make('nobody0'),
  };
  let n = 10_000;
  for (const [route, { row, body }] of Object.entries(MATRIX)) {
    const isPublic = row[0] !== 401;
    for (const [who, { as }] of Object.entries(OTHERS)) {
      n += 1;
      const url = await addressOf(route, n);
      const headers: Record<string, string> = {};
      const bearer = await bearers[who]?.();
      const isOff = who.startsWith('disabled');
      if (who === 'disabledCookie') Object.assign(headers, { cookie: `dbmaker_session=${offCookie}`, 'x-csrf-token': csrfTokenOf(offCookie) });
      else if (bearer === undefined) {
        const login = await api.ask('/api/auth/login', { method: 'POST', token: owner.token });
        headers['cookie'] = String(login.headers['set-cookie']).split(';')[0] ?? '';
        if (who === 'cookie') headers['x-csrf-token'] = (JSON.parse(login.text) as { csrfToken: string }).csrfToken;
      } else headers['authorization'] = `Bearer ${bearer}`;
      const isRead = route.startsWith('GET ') && row[2] !== 403; // a token that may only read gets no secret either
      const expected = who === 'cookieWithoutCsrfToken' && !isPublic && !isRead ? 403
        : who === 'cookie' && route === 'POST /api/auth/login' ? 401 // a session does not prolong itself
        : isPublic && bearer === undefined ? row[0] : who === 'operatorReadOnly' && row[2] === 403 ? 403 : isOff && expectedOf(route, as) === 401 ? 403 : expectedOf(route, as);
      const { status, text } = await (url.startsWith('/events/') ? begin(url, undefined, headers) : api.ask(url, { method: route.split(' ')[0] as 'GET', headers, ...(body === undefined ? {} : { body: body(n) }) }));
      assert.equal(status, expected, `${route} as ${who}: ${text}`);
      if (isOff && status === 403 && text !== '') assert.equal((JSON.parse(text) as { code: string }).code, 'account_disabled', `${route} as ${who}`);
      if (bearer !== undefined && bearer !== readOnly && route === 'POST /api/auth/logout' && status === 204) assert.equal((await api.ask('/api/users/profile', { headers })).status, 401, 'it was ended');
    }
  }
});

test('a route that does not say who may use it stops the app from starting', async () => {
  const { default: fastify } = await import('fastify');
  const { registerAuth } = await import('../../src/api/plugins/auth.ts');
  const app = fastify().withTypeProvider();
  registerAuth(app, { store: api.store } as never, async () => undefined);
  assert.throws(() => app.get('/open', async () => 'x'), /does not say who may use it/);
  await app.close();
});

test('an expired token is told apart from an unknown one', async () => {
  const expired = await api.ask('/api/containers', { token: tokens.expired! });
  assert.deepEqual([expired.status, expired.json.code], [401, 'token_expired']);
  assert.match(String(expired.headers['www-authenticate']), /error="invalid_token"/);
  for (const authorization of ['Bearer dbm_' + 'A'.repeat(43), 'Bearer x', 'Bearer', 'Basic YWRtaW46YWRtaW4=', api.admin.token, `Bearer ${api.admin.token} x`, '']) {
    const { status, json } = await api.ask('/api/containers', { headers: { authorization } });
    assert.deepEqual([status, json.code], [401, 'unauthenticated'], authorization);
  }
});

test('a demoted admin loses the powers of a token at once', async () => {
  const eve = await api.person('eve', { role: 'admin' });
  assert.equal((await api.ask('/api/users', { token: eve.token })).status, 200);
  await api.ask(`/api/users/${eve.user.id}`, { method: 'PATCH', token: api.admin.token, body: { role: 'user' } });
  assert.equal((await api.ask('/api/users', { token: eve.token })).status, 403);
  const { id } = await create(api, owner.token, 'not-eves');
  assert.equal((await api.ask(`/api/containers/${id}`, { token: eve.token })).status, 404);
});

test('an access token of a sign-in that began before all were ended is not believed, however late it was given out; one of later is', async () => {
  const sign = tokenMaker(api.store, api.secretBox, 'http://localhost:8080/oidc');
  const { user } = await api.person('lena');
  const began = Date.now() / 1000;
  const waiting = await sign.make(user.id, { claims: { auth_time: began, sid: 'under way' } });
  await new Promise<void>((resolve) => void setTimeout(resolve, 2)); // the next millisecond
  assert.equal((await api.ask(`/api/users/${user.id}/password`, { method: 'POST', token: api.admin.token })).status, 200);
  const late = await sign.make(user.id, { claims: { auth_time: began, iat: Math.ceil(Date.now() / 1000), sid: 'never heard of' } });
  for (const token of [waiting, late]) for (const url of ['/api/users/profile', '/api/auth/login']) {
    const { status, json } = await api.ask(url, { method: url.endsWith('login') ? 'POST' : 'GET', token });
    assert.deepEqual([status, json.code], [401, 'unauthenticated'], url);
  }
  assert.equal((await api.ask('/api/auth/login', { method: 'POST', token: await sign.make(user.id) })).status, 200);
});

test('a person has so many sessions and no more, and a cookie of somebody else is not taken over', async () => {
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  const login = async (token: string, cookie?: string) => {
    const { headers, text } = await api.ask('/api/auth/login', { method: 'POST', token, headers: cookie === undefined ? {} : { cookie } });
    return { cookie: String(headers['set-cookie']).split(';')[0] ?? '', csrfToken: (JSON.parse(text) as { csrfToken: string }).csrfToken };
  };
  const first = await login(ann.token);
  assert.deepEqual(await login(ann.token, first.cookie), first);
  const other = await login(bob.token, first.cookie);
  assert.notEqual(other.cookie, first.cookie);
  assert.equal((await api.ask('/api/users/profile', { headers: { cookie: first.cookie } })).json.id, ann.user.id);
  assert.equal((await api.ask('/api/users/profile', { headers: { cookie: other.cookie } })).json.id, bob.user.id);
  const wrong = { cookie: first.cookie, 'x-csrf-token': other.csrfToken };
  assert.equal((await api.ask('/api/tokens', { method: 'POST', body: { name: 'x' }, headers: wrong })).status, 403, 'each session has its own');
});

test('with the cookie alone a secret is given to a page of ours, as the browser says it is, and to no other; nothing is changed by that', async () => {
  const login = await api.ask('/api/auth/login', { method: 'POST', token: owner.token });
  const cookie = String(login.headers['set-cookie']).split(';')[0] ?? '';
  const address = await addressOf('GET /api/backups/{id}/download', 20_000);
  for (const [site, expected] of [['same-origin', 200], ['same-site', 403], ['cross-site', 403], ['none', 403], [undefined, 403]] as const) {
    const headers = { cookie, ...(site === undefined ? {} : { 'sec-fetch-site': site }) };
    assert.equal((await api.ask(address, { headers })).status, expected, String(site));
    assert.equal((await api.ask('/api/tokens', { method: 'POST', body: { name: 'x' }, headers })).status, 403);
  }
});
