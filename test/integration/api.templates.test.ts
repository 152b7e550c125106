/** What the API says of a template before it is saved. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Answer, Ask, Harness } from './api-harness.ts';
import { startApi } from './api-harness.ts';

let api: Harness;
before(async () => { api = await startApi(); });
after(() => api[Symbol.asyncDispose]());

const GOOD = { name: 'Memcached', type: 'memcached', image: 'memcached:1.6-alpine', defaultPort: 11211, connectionStringTemplate: 'memcached://{subdomain}:{port}' };
const POSTGRESQL = { ...GOOD, name: 'PostGIS', type: 'postgresql', image: 'postgis/postgis:15-3.4', defaultPort: 5432, connectionStringTemplate: 'postgresql://{username}:{password}@{subdomain}:{port}/{database}' };

const asAdmin = (url: string, method: NonNullable<Ask['method']> = 'GET', body?: unknown): Promise<Answer> => api.ask(url, { method, token: api.admin.token, ...(body === undefined ? {} : { body }) });
interface Check { readonly valid: boolean; readonly fields: Record<string, string>; readonly message: string }
const validate = async (body: unknown): Promise<Check> => {
  const { status, text } = await asAdmin('/api/templates/validate', 'POST', typeof body === 'string' ? body : JSON.stringify(body));
  assert.equal(status, 200, text);
  return JSON.parse(text) as Check;
};
const pointersOf = async (body: unknown): Promise<string[]> => Object.keys((await validate(body)).fields).sort();

test('a good document is valid, also as it was read, and nothing is written', async () => {
  assert.deepEqual(await validate(GOOD), { valid: true, fields: {}, message: 'The template is valid.' });
  const read = (await asAdmin('/api/templates/postgresql')).json;
  assert.equal((await validate(read)).valid, true);
  assert.equal((await asAdmin('/api/templates/memcached')).status, 404);
  const audit = await asAdmin('/api/audit?action=template.create');
  assert.deepEqual(audit.json.items, []);
});

test('all that is wrong is told at once, shape and content, each where it is', async () => {
  const { valid, fields, message } = await validate({
    name: 5, image: 'http://x/y', defaultPort: '1', privileged: true, 'a/b~c': 1, description: 'a\nb', icon: 'x'.repeat(200), command: ['ok', 7, '{password}'],
    environmentVariables: { LD_PRELOAD: 'x', A: 1, 'B/C': 'x', GOOD: '{nobody}' }, resources: { memory: '1MB', cpus: '2', gpus: 1 }, policies: { ttl: 'soon', allow: { ttl: 3, sleepAfter: 'x', more: 1 } }, engine: 'oracle',
  });
  assert.equal(valid, false);
  assert.deepEqual(Object.keys(fields).sort(), [
    '/a~1b~0c', '/command/1', '/command/2', '/connectionStringTemplate', '/defaultPort', '/description', '/engine', '/environmentVariables/A', '/environmentVariables/B~1C', '/environmentVariables/GOOD',
    '/environmentVariables/LD_PRELOAD', '/icon', '/image', '/name', '/policies/allow/more', '/policies/allow/sleepAfter', '/policies/allow/ttl', '/policies/ttl', '/privileged', '/resources/cpus',
    '/resources/gpus', '/resources/memory', '/type',
  ]);
  assert.deepEqual([fields['/name'], fields['/defaultPort'], fields['/type'], fields['/privileged'], fields['/command/1']], [
    'must be text', 'must be a whole number', 'is required', 'is not a member that is known here', 'must be text',
  ]);
  assert.match(message, /^The template is not valid: .*; and 3 more\.$/);
});

test('what depends on something that is missing is not held against it', async () => {
  assert.deepEqual(await pointersOf({ ...POSTGRESQL, type: undefined, endpoint: 'socket', protocol: 'postgresql' }), ['/type']);
  assert.deepEqual(await pointersOf({ ...POSTGRESQL, environmentVariables: { POSTGRES_USER: 'postgres' } }), ['/environmentVariables/POSTGRES_USER']);
});

test('saving says the same as looking', async () => {
  await asAdmin('/api/templates', 'POST', GOOD);
  for (const bad of [{ ...GOOD, image: '', defaultPort: 'x' }, { ...GOOD, more: 1, policies: { ttl: 'x' } }, {}, [], null, 7, 'null', '"x"']) {
    const { fields } = await validate(bad ?? 'null');
    assert.notDeepEqual(fields, {});
    for (const [url, method] of [['/api/templates', 'POST'], ['/api/templates/memcached', 'PUT'], ['/api/template-tests', 'POST']] as const) {
      const refused = await asAdmin(url, method, typeof bad === 'string' ? bad : JSON.stringify(bad));
      assert.deepEqual([refused.status, refused.json.code, refused.json.fields], [400, 'invalid_template', fields], `${method} ${url} ${JSON.stringify(bad)}`);
    }
  }
});

test('hostile documents get a clear answer, and quickly', async () => {
  for (const none of ['null', '[]', '7', '"x"', 'true', '']) assert.deepEqual((await validate(none)).fields, { '/': 'must be an object' }, none);
  const deep = (open: string, close: string, levels: number): string => open.repeat(levels) + close.repeat(levels);
  const nested = deep('{"a":', '}', 9000).replace(':}', ':1}');
  const began = process.cpuUsage(); // of this process alone: others on a busy machine make nothing here slow
  for (const [member, pointers] of Object.entries({
    command: ['/command/0'], policies: ['/policies/a'], environmentVariables: ['/environmentVariables/a'], key: [], // what is ours is ignored
  })) {
    const text = member === 'command' ? deep('[', ']', 25_000) : nested;
    assert.deepEqual(await pointersOf(JSON.stringify(GOOD).replace(/}$/, `,"${member}":${text}}`)), pointers, member);
  }
  assert.deepEqual((await validate(deep('[', ']', 30_000))).fields, { '/': 'must be an object' });
  const many = await validate({ ...GOOD, ...Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`m${String(n)}`, 1])) });
  assert.ok(Object.keys(many.fields).length >= 50 && Object.keys(many.fields).length <= 200, 'some of them');
  assert.ok(many.message.length < 4000);
  assert.ok((await validate({ ...GOOD, name: `${'a'.repeat(50_000)}!` })).fields['/name']);
  assert.deepEqual(await pointersOf({ ...GOOD, environmentVariables: Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`E${String(n)}`, 'x'])) }), ['/environmentVariables']);
  for (const name of ['constructor', 'toString', 'hasOwnProperty']) assert.deepEqual(await pointersOf({ ...GOOD, [name]: 1 }), [`/${name}`]);
  const { user, system } = process.cpuUsage(began);
  assert.ok(user + system < 5_000_000, `${String((user + system) / 1000)} ms`);
  for (const [body, code] of [[`{"name":"${'x'.repeat(70_000)}"}`, 'payload_too_large'], ['{', 'invalid_request'], ['{"__proto__":{"valid":true}}', 'invalid_request']] as const) {
    assert.equal((await asAdmin('/api/templates/validate', 'POST', body)).json.code, code);
  }
});

test('a trial is a database of the admin, named after the template, with a short life, for an admin alone and within their quota', async () => {
  const made = await asAdmin('/api/template-tests', 'POST', { ...POSTGRESQL, name: 'PostGIS 3.4 with a name that is rather long for a test', policies: { sleepAfter: '5m', ttl: '30d', removeAfter: '2h' } });
  assert.deepEqual([made.status, made.headers['location']], [202, `/api/containers/${made.json.id}`], made.text);
  assert.match(made.json.name, /^test-postgis-3-4-with-a-name-that-i-[a-z0-9]{4}$/);
  assert.deepEqual([made.json.owner, made.json.template, made.json.sleepAfter, made.json.removeAfter], ['admin', 'postgis-3-4-with-a-name-that-is-rather-long-for-a-test', 'never', 'never']);
  const left = Date.parse(made.json.expiresAt!) - Date.now();
  assert.ok(left > 14 * 60_000 && left <= 15 * 60_000);
  assert.equal((await asAdmin(`/api/templates/${made.json.template}`)).status, 404, 'it is not saved');
  assert.ok(api.woken.includes(made.json.id));
  const [audited] = (await asAdmin(`/api/audit?action=template.test`)).json.items as unknown as { outcome: string; container: string; subject: string; detail: { image: string } }[];
  assert.deepEqual([audited?.outcome, audited?.subject, audited?.detail.image], ['ok', made.json.slug, POSTGRESQL.image]);
  const again = await asAdmin('/api/template-tests', 'POST', POSTGRESQL);
  assert.equal(again.status, 202, 'as often as somebody wants');
  const poor = await api.person('poor', { role: 'admin', quota: { instances: 0 } });
  assert.equal((await api.ask('/api/template-tests', { method: 'POST', token: poor.token, body: GOOD })).json.code, 'quota_exceeded');
  const ann = await api.person('ann');
  for (const url of ['/api/template-tests', '/api/templates/validate']) assert.equal((await api.ask(url, { method: 'POST', token: ann.token, body: GOOD })).json.code, 'forbidden');
});

test('a trial that is kept is an ordinary database: it is backed up before it is removed', async () => {
  const { json: { id } } = await asAdmin('/api/template-tests', 'POST', POSTGRESQL);
  await api.report(id, { phase: 'running', observedGeneration: 1, provisioned: true });
  assert.equal((await api.store.instances.get(id))?.spec.trial, true);
  await asAdmin(`/api/containers/${id}`, 'PATCH', { name: 'kept-name' });
  assert.equal((await api.store.instances.get(id))?.spec.trial, true);
  await asAdmin(`/api/containers/${id}`, 'PATCH', { ttl: 'never' });
  const kept = await api.store.instances.get(id);
  assert.deepEqual([kept?.spec.trial, kept?.spec.expiresAt], [false, null]);
  await asAdmin(`/api/containers/${id}`, 'DELETE');
  const events = await api.store.events.list({ instanceId: id, type: 'instance.delete-requested' }, { limit: 1 });
  assert.equal(events[0]?.message, 'Is being deleted, after a final backup.');
});
