import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitFor } from '../support/wait.ts';
import { create, startApi, type Ask, type Body, type Harness, type Person } from './api-harness.ts';

let api: Harness;
let ann: Person;
let bob: Person;
let eve: Person;
before(async () => {
  api = await startApi();
  [ann, bob, eve] = [await api.person('ann'), await api.person('bob'), await api.person('eve')];
});
after(() => api[Symbol.asyncDispose]());

let made = 0;
/** A new database of ann's, shared with bob. */
async function shared(access: 'viewer' | 'operator' | null): Promise<string> {
  const { id } = await create(api, ann.token, `s${String(++made)}`, 'redis');
  await api.report(id, { phase: 'running', observedGeneration: 1, provisioned: true });
  if (access !== null) assert.equal((await share(id, 'bob', access)).status, 200);
  return id;
}

const share = (id: string, username: string, access: string, token = ann.token) => api.ask(`/api/containers/${id}/shares/${username}`, { method: 'PUT', token, body: { access } });
const unshare = (id: string, username: string, token = ann.token) => api.ask(`/api/containers/${id}/shares/${username}`, { method: 'DELETE', token });
const one = (id: string, token: string, path = '', options: Ask = {}) => api.ask(`/api/containers/${id}${path}`, { token, ...options });
const accessIn = (items: readonly Body[], id: string): unknown => items.find((item) => item.id === id)?.access;

test('an owner shares, sees with whom, changes as what, and ends it; each is told what they may do', async () => {
  const id = await shared(null);
  assert.equal((await one(id, ann.token)).json.access, 'owner');
  assert.equal((await one(id, api.admin.token)).json.access, 'admin');
  assert.equal((await one(id, bob.token)).status, 404);
  const put = await share(id, 'bob', 'viewer');
  const { since } = put.json as unknown as { since: string };
  assert.deepEqual([put.status, put.json], [200, { username: 'bob', displayName: 'bob', access: 'viewer', since }]);
  assert.equal((await one(id, bob.token)).json.access, 'viewer');
  assert.deepEqual((await share(id, 'bob', 'operator', api.admin.token)).json, { ...put.json, access: 'operator' });
  assert.equal((await one(id, bob.token)).json.access, 'operator');
  assert.deepEqual((await one(id, ann.token, '/shares')).json.items, [{ username: 'bob', displayName: 'bob', access: 'operator', since }]);
  assert.equal((await unshare(id, 'bob')).status, 204);
  const again = await unshare(id, 'bob');
  assert.deepEqual([again.status, again.json.detail], [404, 'It is not shared with bob.']);
  assert.deepEqual((await one(id, ann.token, '/shares')).json.items, []);
  assert.equal((await one(id, bob.token)).status, 404);
});

test('an admin whose own it is, is its owner', async () => {
  const { id } = await create(api, api.admin.token, 'admins-own', 'redis');
  assert.equal((await one(id, api.admin.token)).json.access, 'owner');
  const { json } = await api.ask('/api/containers?limit=200', { token: api.admin.token });
  assert.equal(accessIn(json.items, id), 'owner');
});

test('what is refused is refused in words', async () => {
  const id = await shared('viewer');
  const told = async (answer: Promise<{ status: number; json: Body }>): Promise<unknown[]> => {
    const { status, json } = await answer;
    return [status, json.code, json.detail];
  };
  assert.deepEqual(await told(share(id, 'nobody-here', 'viewer')), [404, 'not_found', 'There is nobody of this username.']);
  assert.deepEqual(await told(share(id, 'ann', 'viewer')), [400, 'invalid_request', 'It is ann\'s own: an owner may do everything already.']);
  assert.deepEqual(await told(share(id, 'ann', 'viewer', api.admin.token)), [400, 'invalid_request', 'It is ann\'s own: an owner may do everything already.']);
  assert.equal((await share(id, 'bob', 'owner')).status, 400);
  assert.equal((await share(id, 'bob', 'admin')).status, 400);
  assert.deepEqual(await told(one(id, bob.token, '/connection')), [403, 'forbidden', 'This database is shared with you as viewer: you may look at it, not connect to it and not start or stop it.']);
  const mayNot = await one(id, bob.token, '', { method: 'DELETE' });
  assert.deepEqual([mayNot.status, mayNot.json.detail, mayNot.json.remedy], [403, 'This database is shared with you as viewer: only its owner may do this, or an admin.', 'Ask ann, whose it is.']);
  assert.deepEqual(await told(share(id, 'eve', 'viewer', eve.token)), [404, 'not_found', 'There is no such database.']);
  assert.deepEqual(await told(share(id, 'nobody-here', 'viewer', eve.token)), [404, 'not_found', 'There is no such database.'], 'a stranger is not told who there is');
  assert.equal((await one(id, ann.token, '', { method: 'DELETE' })).status, 202);
  assert.deepEqual(await told(share(id, 'eve', 'viewer')), [409, 'conflict', 'It is being deleted and cannot be shared any more.']);
  assert.equal((await one(id, bob.token)).json.status, 'deleting');
  await api.close(id);
  assert.equal((await one(id, bob.token)).status, 404);
});

test('a person leaves what is shared with them, and nobody else ends it for them', async () => {
  const id = await shared('viewer');
  await share(id, 'eve', 'operator');
  assert.equal((await unshare(id, 'bob', eve.token)).status, 403);
  assert.equal((await unshare(id, 'eve', bob.token)).status, 403);
  assert.equal((await unshare(id, 'bob', await api.token(bob.user, ['read']))).status, 403, 'a token that may only read does not');
  assert.equal((await unshare(id, 'bob', bob.token)).status, 204);
  assert.equal((await unshare(id, 'bob', bob.token)).status, 404);
  assert.equal((await one(id, eve.token)).status, 200);
  const { json } = await one(id, ann.token, '/events');
  assert.deepEqual([json.items.at(-1)?.message, (json.items.at(-1) as unknown as { data: object }).data], ['bob has left it.', { username: 'bob', by: 'bob' }]);
});

test('an operator uses it and changes nothing of it; every action says whose it was', async () => {
  const id = await shared('operator');
  const connection = await one(id, bob.token, '/connection');
  assert.equal(connection.status, 200);
  assert.ok(connection.json.password.length > 10);
  const stopped = await one(id, bob.token, '/stop', { method: 'POST' });
  assert.deepEqual([stopped.status, stopped.json.access, stopped.json.owner], [202, 'operator', 'ann']);
  const rows = async (token: string): Promise<unknown[]> => (await api.ask(`/api/audit?instance=${id}&limit=10`, { token })).json.items
    .map((row) => row as unknown as { action: string; actor: { name: string }; outcome: string; subject: string | null; source: string | null; detail: object })
    .map(({ action, actor, outcome, subject, source, detail }) => [action, actor.name, outcome, subject === null ? null : 'named', source, detail]);
  assert.deepEqual((await rows(ann.token)).slice(0, 3), [
    ['instance.stop', 'bob', 'ok', 'named', null, {}], ['instance.read-connection', 'bob', 'ok', 'named', null, {}],
    ['instance.share', 'ann', 'ok', 'named', '127.0.0.1', { access: 'operator', username: 'bob' }],
  ]);
  assert.deepEqual(await rows(bob.token), [['instance.stop', 'bob', 'ok', 'named', '127.0.0.1', {}], ['instance.read-connection', 'bob', 'ok', 'named', '127.0.0.1', {}]]);
  assert.equal((await unshare(id, 'bob')).status, 204);
  const before = await rows(bob.token);
  assert.equal((await one(id, bob.token, '/stop', { method: 'POST' })).status, 404);
  assert.equal((await api.ask(`/api/containers/a00000000000/stop`, { method: 'POST', token: bob.token })).status, 404);
  assert.deepEqual(await rows(bob.token), before, 'whether it is still there, the audit does not tell either');
  assert.equal((await api.ask(`/api/audit?subject=${stopped.json.slug}&limit=10`, { token: bob.token })).json.items.length, 2);
  assert.deepEqual((await rows(ann.token))[1], ['instance.unshare', 'ann', 'ok', 'named', '127.0.0.1', { username: 'bob' }]);
});

test('in the history who else has it is read by the owner and by admins only', async () => {
  const id = await shared('operator');
  const types = async (token: string): Promise<string[]> => (await one(id, token, '/events')).json.items.map((event) => event.type);
  assert.ok((await types(ann.token)).includes('instance.shared'));
  assert.ok((await types(api.admin.token)).includes('instance.shared'));
  assert.deepEqual(await types(bob.token), ['instance.created']);
});

test('a list is of one\'s own and of what is shared, each once; owner= is of one\'s own alone', async () => {
  const [first, second] = [await shared('viewer'), await shared('operator')];
  const own = (await create(api, bob.token, 'bobs', 'redis')).id;
  const pages: Body[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { json }: { json: Body } = await api.ask(`/api/containers?limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`, { token: bob.token });
    pages.push(...json.items);
    cursor = json.next;
  }
  assert.equal(new Set(pages.map(({ id }) => id)).size, pages.length);
  assert.deepEqual([first, second, own].map((id) => accessIn(pages, id)), ['viewer', 'operator', 'owner']);
  assert.deepEqual((await api.ask('/api/containers?owner=bob', { token: bob.token })).json.items.map(({ id }) => id), [own]);
  assert.equal((await api.ask('/api/containers?owner=ann', { token: bob.token })).status, 403);
  const searched = await api.ask(`/api/containers?search=${pages.find(({ id }) => id === second)!.name}`, { token: bob.token });
  assert.ok(searched.json.items.some(({ id }) => id === second));
  const admins = (await api.ask('/api/containers?limit=200', { token: api.admin.token })).json.items;
  assert.equal(accessIn(admins, first), 'admin');
  const quota = (await api.ask('/api/users/profile', { token: bob.token })).json as unknown as { usage: { instances: number } };
  assert.equal(quota.usage.instances, 1, 'what is shared counts for its owner');
});

test('an action that was allowed when it began does nothing once it is unshared, and a long wait ends with no look at it', async () => {
  const id = await shared('operator');
  const { instances } = api.store;
  const real = instances.change.bind(instances);
  Object.assign(instances, { change: async (...all: Parameters<typeof real>) => {
    await api.store.shares.remove(id, bob.user.id, { by: 'ann' });
    return real(...all);
  } });
  try {
    assert.equal((await one(id, bob.token, '/stop', { method: 'POST' })).status, 404);
  } finally {
    Reflect.deleteProperty(instances, 'change');
  }
  assert.equal((await instances.get(id))?.spec.desired, 'running');
  await share(id, 'bob', 'operator');
  const waiting = one(id, bob.token, '/restart', { method: 'POST', headers: { prefer: 'wait=30' } });
  await waitFor(async () => (await instances.get(id))?.spec.restarts === 1, { what: 'the restart to be asked for' });
  await api.store.shares.remove(id, bob.user.id, { by: 'ann' });
  await api.report(id, { phase: 'running', observedGeneration: 99, restarts: 99 });
  assert.equal((await waiting).status, 404);
});

test('with fifty people and no more', async () => {
  const id = await shared(null);
  for (let n = 0; n < 50; n += 1) assert.equal((await share(id, (await api.person(`guest-${String(n)}`)).user.username, 'viewer')).status, 200);
  const refused = await share(id, 'bob', 'viewer');
  assert.deepEqual([refused.status, refused.json.code, refused.json.detail], [403, 'quota_exceeded', 'It is shared with 50 people already, and may be with no more.']);
  assert.equal((await share(id, 'guest-7', 'operator')).status, 200);
  assert.equal((await one(id, ann.token, '/shares')).json.items.length, 50);
});
