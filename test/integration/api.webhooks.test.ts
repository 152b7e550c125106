import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { webhookSecretProblem } from '../../src/domain/webhook/signature.ts';
import type { Answer, Harness, Person } from './api-harness.ts';
import { startApi } from './api-harness.ts';

let api: Harness;
let ada: Person;
let eve: Person;
before(async () => {
  api = await startApi({ config: { webhookAllow: ['10.1.0.0/16'] } });
  [ada, eve] = [await api.person('ada'), await api.person('eve')];
});
after(() => api[Symbol.asyncDispose]());

interface View {
  id: string; owner: string | null; url: string; secret?: string; types: string[]; global: boolean; ownerId: string | null; enabled: boolean; state: string; attempts: number; type: string;
  eventId: number | null;
}

const URL_WITH_SECRET = 'https://hooks.example.com/T0KEN?key=s3cret';
const OWN_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const view = ({ json }: Answer): View => json as unknown as View;
const views = ({ json }: Answer): View[] => json.items as unknown as View[];

async function make(person: Person, body: object = { url: URL_WITH_SECRET }): Promise<View> {
  const answer = await api.ask('/api/webhooks', { method: 'POST', token: person.token, body });
  assert.equal(answer.status, 201, answer.text);
  return view(answer);
}

test('a webhook is made for all events of one\'s own, with a secret that is shown this once and sealed in the store', async () => {
  const answer = await api.ask('/api/webhooks', { method: 'POST', token: ada.token, body: { url: URL_WITH_SECRET } });
  const { id, secret, ...rest } = view(answer);
  assert.equal(answer.headers['location'], `/api/webhooks/${id}`);
  assert.equal(webhookSecretProblem(secret!), null);
  assert.deepEqual({ ...rest, createdAt: 0, updatedAt: 0 }, {
    ownerId: ada.user.id, owner: 'ada', global: false, url: URL_WITH_SECRET, types: ['*'], enabled: true, disabledReason: null, failingSince: null, createdAt: 0, updatedAt: 0,
  });
  const one = await api.ask(`/api/webhooks/${id}`, { token: ada.token });
  assert.deepEqual(view(one), { id, ...rest });
  const list = await api.ask('/api/webhooks', { token: ada.token });
  assert.deepEqual(views(list).find((each) => each.id === id), { id, ...rest });
  const stored = await api.store.webhooks.get(id);
  assert.ok(stored!.secrets.current.startsWith('v1.') && !stored!.secrets.current.includes(secret!.slice(6)));
});

test('every member that is wrong is named', async () => {
  const problem = async (body: object): Promise<Record<string, string>> => {
    const { status, json, text } = await api.ask('/api/webhooks', { method: 'POST', token: ada.token, body });
    assert.deepEqual([status, json.code], [400, 'invalid_request'], text);
    return json.fields;
  };
  assert.deepEqual(Object.keys(await problem({ url: 'ftp://example.com/', types: ['instance.*', 'no way'], secret: 'short' })).sort(), ['/secret', '/types/1', '/url']);
  for (const url of ['http://127.0.0.1/', 'http://0x7f.1/', 'http://[::1]/', 'http://10.2.0.1/', 'http://169.254.169.254/latest', 'https://a:b@example.com/', 'file:///etc/passwd', 'x']) {
    assert.match((await problem({ url }))['/url'] ?? '', /^must/, url);
  }
  for (const body of [{}, { url: URL_WITH_SECRET, types: [] }, { url: URL_WITH_SECRET, more: 1 }, { url: 1 }]) assert.ok(await problem(body));
  assert.equal((await make(ada, { url: 'http://10.1.2.3/' })).url, 'http://10.1.2.3/'); // the admin has allowed it
});

test('a webhook of one\'s own choice: types, secret; and it is changed member by member', async () => {
  const made = await make(ada, { url: 'https://example.com/', types: ['instance.failed', 'instance.failed', 'webhook.*'], secret: OWN_SECRET });
  assert.deepEqual([made.types, made.secret], [['instance.failed', 'webhook.*'], OWN_SECRET]);
  const patch = (body: object): Promise<Answer> => api.ask(`/api/webhooks/${made.id}`, { method: 'PATCH', token: ada.token, body });
  const changed = view(await patch({ url: 'https://example.org/', types: ['*'], enabled: false }));
  assert.deepEqual([changed.url, changed.types, changed.enabled, changed.secret], ['https://example.org/', ['*'], false, undefined]);
  const sealed = (await api.store.webhooks.get(made.id))!.secrets;
  assert.equal(sealed.previous, null);
  const rotated = view(await patch({ rotateSecret: true }));
  assert.equal(webhookSecretProblem(rotated.secret!), null);
  assert.notEqual(rotated.secret, OWN_SECRET);
  assert.equal((await api.store.webhooks.get(made.id))!.secrets.previous?.secret, sealed.current);
  assert.equal(view(await patch({ secret: OWN_SECRET })).secret, OWN_SECRET);
  assert.deepEqual((await patch({ secret: OWN_SECRET, rotateSecret: true })).json.fields, { '/rotateSecret': 'must not come together with a secret' });
  for (const body of [{}, { rotateSecret: false }, { url: 'http://127.0.0.1/' }, { types: ['!'] }, { secret: 'x' }, { global: true }]) assert.equal((await patch(body)).status, 400, JSON.stringify(body));
});

test('global ones are for admins, who see those of others too, but not the secrets in their URLs', async () => {
  const asked = { url: 'https://example.com/all?key=s3cret', global: true };
  assert.deepEqual((await api.ask('/api/webhooks', { method: 'POST', token: eve.token, body: asked })).json.code, 'forbidden');
  const weak = await api.token(api.admin.user, ['read', 'write']);
  assert.equal((await api.ask('/api/webhooks', { method: 'POST', token: weak, body: asked })).status, 403);
  const global = await make(api.admin, asked);
  assert.deepEqual([global.global, global.ownerId, global.url], [true, null, asked.url]);
  const mine = await make(ada);
  const seen = views(await api.ask('/api/webhooks?limit=200', { token: api.admin.token }));
  assert.equal(seen.find(({ id }) => id === global.id)?.url, asked.url);
  assert.equal(seen.find(({ id }) => id === mine.id)?.url, 'https://hooks.example.com/...');
  assert.deepEqual([global, mine].map(({ id }) => seen.find((one) => one.id === id)?.owner), [null, 'ada']);
  assert.equal((await api.ask(`/api/webhooks/${global.id}`, { token: eve.token })).status, 404);
  assert.deepEqual(views(await api.ask('/api/webhooks', { token: eve.token })), []);
  assert.equal(view(await api.ask(`/api/webhooks/${mine.id}`, { method: 'PATCH', token: api.admin.token, body: { enabled: false } })).enabled, false);
});

test('an admin may ask for those of one person; others only for their own', async () => {
  const [mine, admins] = [await make(ada), await make(api.admin)];
  const owners = async (owner: string, token: string): Promise<(string | null)[]> => [...new Set(views(await api.ask(`/api/webhooks?limit=200&owner=${owner}`, { token })).map((one) => one.owner))];
  assert.deepEqual([await owners('ada', api.admin.token), await owners('admin', api.admin.token), await owners('nobody', api.admin.token), await owners('ada', ada.token)], [['ada'], ['admin'], [], ['ada']]);
  assert.equal((await api.ask('/api/webhooks?owner=admin', { token: ada.token })).json.code, 'forbidden');
  for (const [id, person] of [[mine.id, ada], [admins.id, api.admin]] as const) assert.equal((await api.ask(`/api/webhooks/${id}`, { method: 'DELETE', token: person.token })).status, 204);
});

test('for a global one answers the admin by whom it leads where it leads: it goes off with them, and with nobody else', async () => {
  const [first, second] = [await api.person('first', { role: 'admin' }), await api.person('second', { role: 'admin' })];
  const asked = { url: 'https://example.com/first', global: true };
  const [changed, kept] = [await make(first, asked), await make(first, asked)];
  const patch = async (id: string, body: object): Promise<void> => assert.equal((await api.ask(`/api/webhooks/${id}`, { method: 'PATCH', token: second.token, body })).status, 200);
  const on = async (): Promise<boolean[]> => Promise.all([changed, kept].map(async ({ id }) => (await api.store.webhooks.get(id))!.enabled));
  await patch(changed.id, { url: 'https://example.com/second' });
  await patch(kept.id, { url: asked.url, types: ['instance.*'] });
  await api.store.users.update(second.user.id, { role: 'user' });
  assert.deepEqual(await on(), [false, true]);
  await api.store.users.update(first.user.id, { role: 'user' });
  assert.deepEqual(await on(), [false, false]);
});

test('a person has twenty and no more', async () => {
  const many = await api.person('many');
  for (let n = 0; n < 20; n += 1) await make(many);
  const { status, json } = await api.ask('/api/webhooks', { method: 'POST', token: many.token, body: { url: URL_WITH_SECRET } });
  assert.deepEqual([status, json.code], [403, 'quota_exceeded']);
  const [first] = views(await api.ask('/api/webhooks', { token: many.token }));
  assert.equal((await api.ask(`/api/webhooks/${first!.id}`, { method: 'DELETE', token: many.token })).status, 204);
  await make(many);
});

test('a test is queued, its delivery is in the log, and it can be sent once more', async () => {
  const { id } = await make(ada);
  const answer = await api.ask(`/api/webhooks/${id}/test`, { method: 'POST', token: ada.token });
  assert.equal(answer.status, 202);
  const test = view(answer);
  assert.deepEqual([test.type, test.eventId, test.state, test.attempts], ['webhook.test', null, 'pending', 0]);
  for (let n = 0; n < 2; n += 1) await api.ask(`/api/webhooks/${id}/test`, { method: 'POST', token: ada.token });
  const first = await api.ask(`/api/webhooks/${id}/deliveries?limit=2`, { token: ada.token });
  const second = await api.ask(`/api/webhooks/${id}/deliveries?limit=2&cursor=${String(first.json.next)}`, { token: ada.token });
  assert.deepEqual([views(first).length, views(second), second.json.next], [2, [test], null]);
  assert.deepEqual(views(await api.ask(`/api/webhooks/${id}/deliveries?state=delivered`, { token: ada.token })), []);
  assert.equal((await api.ask(`/api/webhooks/${id}/deliveries?cursor=x`, { token: ada.token })).status, 400);
  const retried = await api.ask(`/api/webhooks/${id}/deliveries/${test.id}/retry`, { method: 'POST', token: ada.token });
  assert.deepEqual([retried.status, view(retried).state], [202, 'pending']);
  assert.equal((await api.ask(`/api/webhooks/${id}/deliveries/msg_no/retry`, { method: 'POST', token: ada.token })).status, 404);
  const other = await make(eve);
  assert.equal((await api.ask(`/api/webhooks/${other.id}/deliveries/${test.id}/retry`, { method: 'POST', token: eve.token })).status, 404);
  await api.ask(`/api/webhooks/${id}`, { method: 'PATCH', token: ada.token, body: { enabled: false } });
  for (const action of ['test', `deliveries/${test.id}/retry`]) assert.equal((await api.ask(`/api/webhooks/${id}/${action}`, { method: 'POST', token: ada.token })).json.code, 'conflict');
});

test('neither the log nor the audit has a secret or a URL', async () => {
  const made = await make(ada, { url: URL_WITH_SECRET, secret: `whsec_${Buffer.alloc(32, 'only here').toString('base64')}` });
  await api.ask(`/api/webhooks/${made.id}`, { method: 'PATCH', token: ada.token, body: { secret: made.secret, types: ['instance.failed'] } });
  await api.ask('/api/webhooks', { method: 'POST', token: ada.token, body: { url: `${URL_WITH_SECRET}#x`, secret: 'whsec_wrongwrongwrong' } });
  const audit = JSON.stringify((await api.store.audit.list({}, { limit: 200 })).items);
  assert.match(audit, /"webhook\.create"/);
  assert.match(audit, /"webhook\.change"/);
  assert.match(audit, /"types":\["instance\.failed"\]/);
  for (const text of [made.secret!, 'hooks.example.com', 'T0KEN', 's3cret', 'wrongwrong']) {
    assert.ok(!api.logged().includes(text), `log: ${text}`);
    assert.ok(!audit.includes(text), `audit: ${text}`);
  }
});
