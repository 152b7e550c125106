import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemEntry, type AuditEntry } from '../../src/domain/audit/entry.ts';
import { DbmakerError } from '../../src/domain/errors.ts';
import { waitFor } from '../support/wait.ts';
import type { Ask, Harness, Person } from './api-harness.ts';
import { create, startApi } from './api-harness.ts';

interface AuditBody {
  items: (AuditEntry & { at: string })[];
  next: string | null;
}

/** Operations that show a secret although they change nothing. */
const SECRETS = ['GET /api/containers/{id}/connection'];

let api: Harness;
let ann: Person;
before(async () => {
  api = await startApi({ config: { rateLimit: { failedLogins: 10_000 } } });
  ann = await api.person('ann');
});
after(() => api[Symbol.asyncDispose]());

async function operations(): Promise<{ operation: string; action: string | undefined }[]> {
  const { paths } = (await api.ask('/openapi.json')).json as unknown as { paths: Record<string, Record<string, { 'x-audit'?: string }>> };
  return Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, { 'x-audit': action }]) => ({ operation: `${method.toUpperCase()} ${path}`, action })));
}

/** What was written since `id`, oldest first. */
async function since(id: number, on: Harness = api): Promise<AuditEntry[]> {
  return (await on.store.audit.list({}, { limit: 200 })).items.filter((entry) => entry.id > id).toReversed();
}

async function lastId(on: Harness = api): Promise<number> {
  return (await on.store.audit.list({}, { limit: 1 })).items[0]?.id ?? 0;
}

const audit = async (query: string, token: string, on: Harness = api): Promise<AuditBody> => (await on.ask(`/api/audit${query}`, { token })).json as unknown as AuditBody;

test('every operation that may change something, or shows a secret, is written to the audit; a route that says nothing of it is refused', async () => {
  const all = await operations();
  const changing = all.filter(({ operation }) => !/^(GET|HEAD) /.test(operation) && operation !== 'POST /api/templates/validate'); // it only looks, at what is too long for an address
  assert.ok(changing.length >= 15);
  assert.deepEqual(changing.filter(({ action }) => action === undefined), []);
  assert.deepEqual(SECRETS.filter((secret) => all.find(({ operation }) => operation === secret)?.action === undefined), []);
  for (const { operation, action } of changing) assert.match(action!, /^[a-z-]+\.[a-z-]+$/, operation);

  const { default: fastify } = await import('fastify');
  const { registerAudit } = await import('../../src/api/plugins/audit.ts');
  const app = fastify().withTypeProvider();
  registerAudit(app, { store: api.store } as never);
  app.get('/harmless', async () => 'x');
  for (const method of ['post', 'put', 'patch', 'delete'] as const) assert.throws(() => app[method]('/silent', async () => 'x'), /does not say how that is written to the audit/);
  await app.close();
});

test('a refused request leaves one row on every audited route: without a token, and with one that may not', async () => {
  const readOnly = await api.token(ann.user, ['read']);
  const { id } = await create(api, ann.token, 'refused');
  for (const [n, { operation, action }] of (await operations()).filter((one) => one.action !== undefined).entries()) {
    const [method, path] = operation.split(' ') as ['POST', string];
    const url = path.replace('{id}', id).replace('{name}', 'redis');
    const remoteAddress = `192.0.2.${String(n)}`; // each has a budget of its own
    for (const [token, actor, code] of [[undefined, '', 'unauthenticated'], [readOnly, 'ann', 'forbidden']] as const) {
      if (token !== undefined && action?.startsWith('session.') === true) continue; // any token may
      const last = await lastId();
      await api.app.inject({ url, method, remoteAddress, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
      const rows = await since(last);
      assert.deepEqual(rows.map((row) => [row.action, row.actor.name, row.outcome, row.code, row.source]), [[action, actor, 'refused', code, remoteAddress]], operation);
      if (path.startsWith('/api/containers/{id}')) assert.deepEqual([rows[0]!.instanceId, rows[0]!.ownerId], [id, ann.user.id], operation);
    }
  }
});

test('what was done is told with who, token, source, request, instance, owner and what was asked for', async () => {
  const last = await lastId();
  const made = await api.ask('/api/containers', { method: 'POST', token: ann.token, body: { template: 'redis', name: 'told', allowedSources: ['10.0.0.0/8'] } });
  const { id, slug } = made.json;
  await api.report(id, { phase: 'running', observedGeneration: 1, provisioned: true });
  const admin = api.admin.token;
  await api.ask(`/api/containers/${id}`, { method: 'PATCH', token: ann.token, body: { name: 'renamed' } });
  for (const action of ['restart', 'rotate-password', 'sleep', 'stop', 'start']) await api.ask(`/api/containers/${id}/${action}`, { method: 'POST', token: admin });
  await api.ask(`/api/containers/${id}/connection`, { token: admin });
  await api.ask(`/api/containers/${id}`, { method: 'DELETE', token: ann.token });
  const rows = await since(last);
  assert.deepEqual(rows.map(({ action, actor, outcome }) => `${actor.name} ${action} ${outcome}`), [
    'ann instance.create ok', 'ann instance.change ok', 'admin instance.restart ok', 'admin instance.rotate-password ok', 'admin instance.sleep ok', 'admin instance.stop ok',
    'admin instance.start ok', 'admin instance.read-connection ok', 'ann instance.delete ok',
  ]);
  const token = (await api.store.tokens.listByUser(ann.user.id)).find(({ scopes }) => scopes.includes('write'))!;
  assert.deepEqual(rows[0], {
    id: rows[0]!.id, at: rows[0]!.at, actor: { kind: 'user', id: ann.user.id, name: 'ann' }, tokenId: token.id, source: '127.0.0.1', requestId: made.headers['x-request-id'],
    action: 'instance.create', subject: slug, instanceId: id, ownerId: ann.user.id, outcome: 'ok', code: null, detail: { template: 'redis', name: 'told', allowedSources: ['10.0.0.0/8'] },
  });
  for (const row of rows) assert.deepEqual([row.instanceId, row.ownerId, row.subject], [id, ann.user.id, slug], row.action);
  assert.deepEqual(rows[1]!.detail, { name: 'renamed' });
});

test('users, tokens and templates: what was made is named, what cannot be done is refused with its code', async () => {
  const last = await lastId();
  const token = api.admin.token;
  const template = { name: 'Mine', type: 'memcached', image: 'memcached:1.6', defaultPort: 11211, connectionStringTemplate: 'memcached://{subdomain}:{port}' };
  const user = (await api.ask('/api/users', { method: 'POST', token, body: { username: 'bob', email: 'bob@example.com' } })).json.id;
  await api.ask('/api/users', { method: 'POST', token, body: { username: 'bob' } });
  await api.ask(`/api/users/${user}`, { method: 'PATCH', token, body: { role: 'admin' } });
  const issued = (await api.ask(`/api/users/${user}/tokens`, { method: 'POST', token, body: { name: 'laptop' } })).json.id;
  await api.ask(`/api/tokens/${issued}`, { method: 'DELETE', token });
  await api.ask('/api/templates', { method: 'POST', token, body: template });
  await api.ask('/api/templates/mine', { method: 'DELETE', token });
  await api.ask('/api/templates/redis', { method: 'DELETE', token });
  await api.ask('/api/templates', { method: 'POST', token, body: { nonsense: 'hunter2' } });
  assert.deepEqual((await since(last)).map(({ action, subject, ownerId, outcome, code }) => [action, subject, ownerId, outcome, code]), [
    ['user.create', 'bob', user, 'ok', null],
    ['user.create', null, null, 'refused', 'name_taken'],
    ['user.change', 'bob', user, 'ok', null],
    ['token.create', issued, user, 'ok', null],
    ['token.delete', issued, null, 'refused', 'not_found'],
    ['template.create', 'mine', null, 'ok', null],
    ['template.delete', 'mine', null, 'ok', null],
    ['template.delete', 'redis', null, 'refused', 'conflict'],
    ['template.create', null, null, 'refused', 'invalid_template'],
  ]);
});

test('no secret is in it: neither tokens and passwords, nor what people write into templates', async () => {
  const token = api.admin.token;
  const hidden = ['hunter2', 'swordfish', api.admin.token, ann.token];
  const body = { name: 'Secret', type: 'memcached', image: 'memcached:1.6', defaultPort: 11211, connectionStringTemplate: 'memcached://u:swordfish@{subdomain}', environmentVariables: { PASSWORD: 'hunter2' }, command: ['--password', 'hunter2'] };
  assert.equal((await api.ask('/api/templates', { method: 'POST', token, body })).status, 201);
  assert.equal((await api.ask('/api/templates/secret', { method: 'PUT', token, body })).status, 200);
  hidden.push((await api.ask('/api/tokens', { method: 'POST', token: ann.token, body: { name: 'x' } })).json.token);
  const { id } = await create(api, ann.token, 'hush');
  hidden.push((await api.ask(`/api/containers/${id}/connection`, { token: ann.token })).json.password);
  await api.ask('/api/containers', { method: 'POST', token: ann.token, body: { template: 'redis', name: ann.token } }); // pasted into the wrong field
  await api.ask(`/api/containers/${ann.token}/stop`, { method: 'POST', token: ann.token }); // and into the address
  const text = JSON.stringify((await api.store.audit.list({}, { limit: 200 })).items);
  for (const secret of hidden) assert.ok(secret.length >= 7 && !text.includes(secret) && !api.logged().includes(secret));
});

test('where the audit cannot be written, nothing is changed and no password is shown', async () => {
  const { id } = await create(api, ann.token, 'unwritten');
  await api.report(id, { phase: 'running', observedGeneration: 1, provisioned: true });
  const state = async (): Promise<unknown> => [
    await api.store.instances.get(id), (await api.store.instances.list({}, { limit: 200 })).items.length, (await api.store.users.list({ limit: 200 })).items,
    (await api.store.tokens.listByUser(ann.user.id)).map((token) => token.id), (await api.store.tokens.listByUser(api.admin.user.id)).map((token) => token.id), await api.store.templates.list(),
    await api.store.shares.list(id),
  ];
  const before = await state();
  const woken = api.woken.length;
  const bodies: Record<string, object> = {
    'POST /api/containers': { template: 'redis', name: 'more' }, 'PATCH /api/containers/{id}': { name: 'other' }, 'POST /api/users': { username: 'carl' }, 'PATCH /api/users/{id}': { displayName: 'X' },
    'POST /api/tokens': { name: 'x' }, 'POST /api/users/{id}/tokens': { name: 'x' }, 'PUT /api/users/profile/password': { current: 'x', next: 'long enough for it' },
    'PUT /api/containers/{id}/shares/{username}': { access: 'viewer' },
  };
  Object.assign(api.store.audit, { begin: async () => Promise.reject(new DbmakerError('disk_full', 'The disk of the DbMaker database is full. Nothing was changed.')) });
  try {
    const audited = (await operations()).filter(({ operation, action }) => action !== undefined && !/webhook|backup|template/.test(operation));
    for (const { operation } of audited) {
      const [method, path] = operation.split(' ') as [Ask['method'], string];
      const url = path.replace('{id}', path.includes('/users/') ? ann.user.id : id).replace('{username}', api.admin.user.username);
      const { status, json } = await api.ask(url, { method: method!, token: api.admin.token, ...(bodies[operation] === undefined ? {} : { body: bodies[operation] }) });
      assert.deepEqual([status, json.code], [507, 'disk_full'], operation);
    }
  } finally {
    Reflect.deleteProperty(api.store.audit, 'begin');
  }
  assert.deepEqual(await state(), before);
  assert.equal(api.woken.length, woken);
});

test('where only the end cannot be written, the answer stands, and the row says that it was begun', async () => {
  const { id } = await create(api, ann.token, 'half');
  const last = await lastId();
  Object.assign(api.store.audit, { finish: async () => Promise.reject(new Error('cut off')) });
  try {
    assert.equal((await api.ask(`/api/containers/${id}/stop`, { method: 'POST', token: ann.token })).status, 202);
  } finally {
    Reflect.deleteProperty(api.store.audit, 'finish');
  }
  assert.deepEqual((await since(last)).map(({ action, outcome }) => [action, outcome]), [['instance.stop', 'begun']]);
  assert.match(api.logged(), /the audit could not be completed/);
});

test('how it ended is told also when the one who asked has left', async () => {
  await using other = await startApi();
  const { id } = await create(other, other.admin.token, 'left');
  const url = await other.app.listen({ port: 0, host: '127.0.0.1' });
  const last = await lastId(other);
  const leaving = new AbortController();
  const asked = fetch(`${url}/api/containers/${id}/stop`, { method: 'POST', headers: { authorization: `Bearer ${other.admin.token}`, prefer: 'wait=60' }, signal: leaving.signal });
  const outcome = async (): Promise<string | undefined> => (await since(last, other))[0]?.outcome;
  await waitFor(async () => (await outcome()) === 'begun', { what: 'the request to be worked on', timeoutMs: 20_000, intervalMs: 1 });
  leaving.abort();
  await assert.rejects(asked);
  await waitFor(async () => (await outcome()) === 'ok', { what: 'the end to be written', timeoutMs: 20_000 });
});

test('strangers write a bounded number of rows, and the rest is told as a sum', async () => {
  await using other = await startApi({ config: { rateLimit: { failedLogins: 150 } } });
  for (let n = 0; n < 200; n++) await other.app.inject({ url: '/api/containers/x/stop', method: 'POST', remoteAddress: `192.0.2.${String(n % 100)}` });
  for (let n = 0; n < 200; n++) await other.app.inject({ url: '/api/containers/x/stop', method: 'POST', remoteAddress: '198.51.100.1' });
  await other.app.close();
  const rows = await since(0, other);
  assert.equal(rows.filter(({ action }) => action === 'instance.stop').length, 60);
  const [sum, ...more] = rows.filter(({ action }) => action === 'audit.more-refused');
  assert.deepEqual([sum?.actor.kind, sum?.detail['count'], (sum?.detail['sources'] as string[]).length, more.length], ['unknown', 340, 20, 0]);
});

test('admins see everything by filter and page; others what they did and what was done to what is theirs, without where others work', async () => {
  await using other = await startApi();
  const [eve, uma] = [await other.person('eve'), await other.person('uma')];
  const hers = await create(other, uma.token, 'hers');
  await create(other, eve.token, 'mine');
  await other.ask(`/api/containers/${hers.id}/stop`, { method: 'POST', token: eve.token });
  await other.ask(`/api/containers/${hers.id}/stop`, { method: 'POST', token: other.admin.token });
  await other.ask(`/api/containers/${hers.id}/start`, { method: 'POST' });
  const told = ({ items }: AuditBody): string[] => items.map(({ actor, action, outcome }) => `${actor.name} ${action} ${outcome}`);
  const admin = other.admin.token;
  const all = [' instance.start refused', 'admin instance.stop ok', 'eve instance.stop refused', 'eve instance.create ok', 'uma instance.create ok'];
  assert.deepEqual(told(await audit('', admin, other)), all);
  assert.deepEqual(told(await audit('?user=eve', admin, other)), [all[2], all[3]]);
  assert.deepEqual(told(await audit('?user=nobody-there', admin, other)), []);
  assert.deepEqual(told(await audit(`?instance=${hers.id}&action=instance.stop`, admin, other)), [all[1], all[2]]);
  assert.deepEqual(told(await audit(`?subject=${hers.slug}`, admin, other)), [all[0], all[1], all[2], all[4]]);
  assert.deepEqual(told(await audit('?outcome=refused&user=eve', admin, other)), [all[2]]);
  assert.deepEqual(told(await audit('?outcome=failed', admin, other)), []);
  const now = new Date().toISOString();
  assert.equal((await audit(`?to=${now}`, admin, other)).items.length, 5);
  assert.equal((await audit(`?from=${now}`, admin, other)).items.length, 0);
  assert.equal((await audit(`?from=2026-01-01`, admin, other)).items.length, 5);
  const first = await audit('?limit=2', admin, other);
  assert.deepEqual(told({ items: [...first.items, ...(await audit(`?limit=3&cursor=${first.next!}`, admin, other)).items], next: null }), all);

  const umas = await audit('', uma.token, other);
  assert.deepEqual(told(umas), [all[0], all[1], all[2], all[4]]);
  assert.deepEqual(umas.items.map(({ source, tokenId }) => [source, tokenId !== null]), [['127.0.0.1', false], [null, false], [null, false], ['127.0.0.1', true]]);
  assert.deepEqual(told(await audit('?user=admin', uma.token, other)), [all[1]]);
  assert.deepEqual(told(await audit('', eve.token, other)), [all[2], all[3]]);
  assert.deepEqual(told(await audit(`?subject=${hers.slug}`, eve.token, other)), [], 'nobody finds out by its name what it was that they asked for');
  const weak = await other.token(other.admin.user, ['read']);
  assert.deepEqual(told(await audit('', weak, other)), [all[1]]);

  for (const query of ['?from=yesterday', '?to=2026-13-45', '?from=2026-02-31', '?cursor=x', '?limit=0', '?outcome=maybe', '?foo=1']) {
    const { status, json } = await other.ask(`/api/audit${query}`, { token: admin });
    assert.deepEqual([status, json.code], [400, 'invalid_request'], query);
  }
});

test('all that passes the filter is had as CSV, whole however long, without formulas, while more is written', async () => {
  await using other = await startApi();
  const admin = other.admin.token;
  const eve = await other.person('eve');
  for (let n = 0; n < 450; n += 1) await other.store.audit.append({ ...systemEntry('instance.remove', { subject: `old-${String(n)}`, instanceId: null, ownerId: null }), outcome: 'failed', code: 'internal' });
  assert.equal((await other.ask('/api/tokens', { method: 'POST', token: eve.token, body: { name: '=cmd|x, "y"' } })).status, 201);
  const today = (): string => new Date().toISOString().slice(0, 10);
  const day = today();
  const all = await other.ask('/api/audit/export', { token: admin });
  assert.equal(all.status, 200, all.text);
  assert.equal(all.headers['content-type'], 'text/csv; charset=utf-8');
  assert.ok([day, today()].some((one) => all.headers['content-disposition'] === `attachment; filename="dbmaker-audit-${one}.csv"`), String(all.headers['content-disposition']));
  assert.equal(all.headers['cache-control'], 'no-store');
  const [head, first, ...rest] = all.text.split('\r\n');
  assert.equal(head, '\uFEFF"time","who","kind","action","subject","outcome","code","source","detail","instance","token","request","id"');
  assert.match(first ?? '', /^"[^"]+Z","eve","user","token\.create","[\w-]+","ok","","127\.0\.0\.1","\{""name"":""=cmd\|x, \\""y\\""""\}","","[^"]+","[^"]+","\d+"$/);
  assert.deepEqual(rest.slice(0, -1).map((line) => line.split(',')[4]), Array.from({ length: 450 }, (_, n) => `"old-${String(449 - n)}"`));
  assert.equal(rest.at(-1), '');
  const refused = await other.ask('/api/audit/export?user=eve&outcome=refused', { token: admin });
  assert.deepEqual(refused.text.split('\r\n').length, 2, 'the names of the columns alone');
  assert.equal((await other.ask('/api/audit/export?limit=3', { token: admin })).status, 400);

  // Where what somebody typed begins a cell: here the name that a stranger gave.
  await other.store.audit.append({ ...systemEntry('instance.remove', { subject: '=HYPERLINK("http://x")', instanceId: null, ownerId: null }), outcome: 'begun' });
  assert.match((await other.ask('/api/audit/export?outcome=begun', { token: admin })).text, /,"'=HYPERLINK\(""http:\/\/x""\)",/);
});

test('an export ends when its reader is no admin any more, and nobody has more than two under way', async () => {
  await using other = await startApi();
  const eve = await other.person('eve', { role: 'admin' });
  const big = 'x'.repeat(20_000);
  for (let n = 0; n < 600; n += 1) await other.store.audit.append(systemEntry('instance.remove', { subject: null, instanceId: null, ownerId: null }, { big })); // more than a socket holds
  const url = await other.app.listen({ port: 0, host: '127.0.0.1' });
  const ask = (): Promise<Response> => fetch(`${url}/api/audit/export`, { headers: { authorization: `Bearer ${eve.token}` } });
  const open = [await ask(), await ask()];
  assert.deepEqual(open.map(({ status }) => status), [200, 200]);
  const third = await ask();
  assert.deepEqual([third.status, ((await third.json()) as { code: string }).code], [429, 'rate_limited']);
  assert.equal((await other.ask(`/api/users/${eve.user.id}`, { method: 'PATCH', token: other.admin.token, body: { role: 'user' } })).status, 200);
  for (const answer of open) await assert.rejects(answer.text(), 'cut off, which its reader is told');
});

test('the source is the other end of the connection; X-Forwarded-For counts only from proxies that are trusted, and only what they wrote', async () => {
  const source = async (on: Harness, remoteAddress: string, forwarded?: string): Promise<string | null> => {
    await on.app.inject({ url: '/api/tokens/x', method: 'DELETE', remoteAddress, headers: { authorization: `Bearer ${on.admin.token}`, ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }) } });
    return (await on.store.audit.list({}, { limit: 1 })).items[0]!.source;
  };
  assert.equal(await source(api, '192.0.2.9', '203.0.113.1'), '192.0.2.9');
  assert.equal(await source(api, '::ffff:192.0.2.9'), '192.0.2.9');
  await using behind = await startApi({ config: { trustedProxies: ['10.0.0.0/8', '2001:db8::1'] } });
  assert.equal(await source(behind, '10.1.2.3', '203.0.113.1'), '203.0.113.1');
  assert.equal(await source(behind, '::ffff:10.1.2.3', '198.51.100.7, 203.0.113.1, 10.9.9.9'), '203.0.113.1');
  assert.equal(await source(behind, '2001:db8::1', '2001:db8::2'), '2001:db8::2');
  assert.equal(await source(behind, '10.1.2.3', 'hello'), '10.1.2.3');
  assert.equal(await source(behind, '10.1.2.3'), '10.1.2.3');
  assert.equal(await source(behind, '192.0.2.9', '203.0.113.1'), '192.0.2.9');
});
