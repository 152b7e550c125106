import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { REPLAY_AT_MOST } from '../../src/api/events/catch-up.ts';
import { EventClient } from '../support/event-source.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { waitFor } from '../support/wait.ts';
import { startApi, type Harness, type Person } from './api-harness.ts';

async function listening(api: Harness): Promise<string> {
  return api.app.listen({ host: '127.0.0.1', port: 0 });
}

async function create(api: Harness, { token }: Person, name: string): Promise<string> {
  const made = await api.ask('/api/containers', { method: 'POST', token, body: { template: 'redis', name } });
  assert.equal(made.status, 202, made.text);
  return made.json.id;
}

const types = (client: EventClient): unknown[] => client.events.map(({ data }) => data['type']);
const containers = (client: EventClient): string[] => client.messages.filter(({ event }) => event === 'snapshot').flatMap(({ data }) => (data['containers'] as { id: string }[]).map(({ id }) => id));

test('first a snapshot, then what happens, in words and with the database as it is by then', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const ann = await api.person('ann');
  const id = await create(api, ann, 'orders');
  using client = await EventClient.open(url, ann.token);
  assert.match(client.response.headers['content-type'] ?? '', /^text\/event-stream/);
  assert.equal(client.response.headers['x-accel-buffering'], 'no');
  await client.until('the snapshot', ({ messages }) => messages.length > 0);
  assert.deepEqual(containers(client), [id]);
  assert.ok(client.retry !== null && client.retry > 0);
  await api.report(id, { phase: 'running' }, { events: [{ type: 'instance.running', message: 'orders is running.', data: {} }] } as never);
  await client.until('the event', ({ events }) => events.length > 0);
  const [{ data, id: eventId } = { data: {} as Record<string, unknown>, id: null }] = client.events;
  assert.deepEqual([data['type'], data['message'], data['containerId'], (data['container'] as { status: string }).status], ['instance.running', 'orders is running.', id, 'running']);
  assert.equal(eventId, String(data['id']));
  await api.ask(`/api/containers/${id}`, { method: 'DELETE', token: ann.token });
  await api.close(id);
  await client.until('the end of it', ({ events }) => events.at(-1)?.data['type'] === 'instance.deleted');
  assert.equal(client.events.at(-1)?.data['container'], null);
});

test('nobody hears of a stranger\'s database; an admin who asks for all does', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  using anns = await EventClient.open(url, ann.token);
  using bobs = await EventClient.open(url, bob.token);
  using own = await EventClient.open(url, api.admin.token);
  using everybodys = await EventClient.open(`${url}?all=true`, api.admin.token);
  await assert.rejects(EventClient.open(`${url}?all=true`, ann.token), /answered 403/);
  await assert.rejects(EventClient.open(url, 'dbm_wrong'), /answered 401/);
  const id = await create(api, ann, 'orders');
  await anns.until('the creation', ({ events }) => events.length > 0);
  await everybodys.until('the creation', ({ events }) => events.length > 0);
  const later = await create(api, bob, 'things');
  await bobs.until('his own', ({ events }) => events.length > 0);
  assert.ok(bobs.messages.every(({ data }) => !JSON.stringify(data).includes(id)));
  assert.ok(anns.messages.every(({ data }) => !JSON.stringify(data).includes(later)));
  assert.deepEqual(own.events, []);
  using resumed = await EventClient.open(url, bob.token, '0');
  await resumed.until('his own again', ({ events }) => events.length > 0);
  assert.ok(resumed.messages.every(({ data }) => !JSON.stringify(data).includes(id)), 'by Last-Event-ID neither');
  const last = Number(bobs.lastEventId);
  using asked = await EventClient.open(`${url}?after=${String(last - 1)}`, bob.token);
  await asked.until('the last of his own', ({ events }) => events.length > 0);
  assert.deepEqual(asked.messages.map(({ id: eventId }) => eventId), [String(last)], 'whoever can send no header says it in the address');
  using known = await EventClient.open(`${url}?after=0`, bob.token, String(last - 1));
  await known.until('the last of his own', ({ events }) => events.length > 0);
  assert.deepEqual(known.messages.map(({ id: eventId }) => eventId), [String(last)], 'of what a browser comes back with it is the older one');
});

test('whoever comes back with the last id that they have misses nothing and hears nothing twice, while others write', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const ann = await api.person('ann');
  const id = await create(api, ann, 'orders');
  const first = await api.store.events.lastId();
  const total = 400;
  const writing = (async () => {
    for (let count = 0; count < total; count += 1) {
      await api.store.events.append({ instanceId: id, ownerId: ann.user.id, type: 'instance.noted', message: String(count), data: {} });
      if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const heard: unknown[] = [];
  let last: string | null = String(first);
  for (let rounds = 0; rounds < 500 && heard.length < total; rounds += 1) {
    using client: EventClient = await EventClient.open(url, ann.token, last);
    const enough = 1 + Math.floor(Math.random() * 40);
    await waitFor(() => client.events.length >= enough || heard.length + client.events.length >= total, { what: 'some events', intervalMs: 1 });
    client.response.pause();
    heard.push(...client.events.map(({ data }) => data['message']));
    last = client.lastEventId;
  }
  await writing;
  assert.deepEqual(heard, Array.from({ length: total }, (_, count) => String(count)));
});

async function note(api: Harness, { user }: Person, instanceId: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await api.store.events.append({ instanceId, ownerId: user.id, type: 'instance.noted', message: String(index), data: {} });
}

test('whoever comes back with a thousand events behind hears each of them, while the database is read once in a hundred', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const ann = await api.person('ann');
  const id = await create(api, ann, 'orders');
  const last = String(await api.store.events.lastId());
  await note(api, ann, id, REPLAY_AT_MOST);
  let reads = 0;
  const { instances } = api.store;
  for (const name of ['get', 'some', 'list'] as const) {
    const real = instances[name].bind(instances) as (...all: unknown[]) => unknown;
    (instances as unknown as Record<string, unknown>)[name] = (...all: unknown[]) => {
      reads += 1;
      return real(...all);
    };
  }
  using client = await EventClient.open(url, ann.token, last);
  await client.until('all of them', ({ events }) => events.length >= REPLAY_AT_MOST, 30_000);
  assert.deepEqual(client.events.map(({ data }) => data['message']), Array.from({ length: REPLAY_AT_MOST }, (_, index) => String(index)));
  assert.ok(client.events.every(({ data }) => (data['container'] as { id: string } | null)?.id === id));
  assert.deepEqual(client.messages.filter(({ event }) => event === 'snapshot'), []);
  assert.ok(reads <= REPLAY_AT_MOST / 100 + 1, `${reads} reads`);
});

test('whoever is further behind is given what there is instead, is told so, and hears on from there', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  const [id, gone] = [await create(api, ann, 'orders'), await create(api, ann, 'gone')];
  const bobs = await create(api, bob, 'things');
  const last = String(await api.store.events.lastId());
  await api.ask(`/api/containers/${gone}`, { method: 'DELETE', token: ann.token });
  await api.close(gone);
  await api.report(id, { phase: 'running' });
  await note(api, ann, id, REPLAY_AT_MOST + 1);
  using client = await EventClient.open(url, ann.token, last);
  await client.until('the snapshot', ({ messages }) => messages.length > 0);
  await note(api, ann, id, 1);
  await client.until('what came afterwards', ({ events }) => events.length > 0);
  assert.equal(client.messages.length, 2, 'nothing is told one by one that the snapshot stands for');
  const { event, data } = client.messages[0]!;
  assert.deepEqual([event, data['first'], data['done'], data['missed']], ['snapshot', true, true, true]);
  assert.deepEqual((data['containers'] as { id: string; status: string }[]).map((one) => [one.id, one.status]), [[id, 'running']], 'the removed one is not in it');
  assert.equal(client.events[0]?.data['message'], '0');
  using again = await EventClient.open(url, ann.token, client.messages[0]?.id ?? null);
  await again.until('what came afterwards', ({ events }) => events.length > 0);
  assert.deepEqual(again.messages.map((one) => one.event), ['message'], 'from the snapshot on it goes on as ever');
  using others = await EventClient.open(url, bob.token, last);
  await note(api, bob, bobs, 1);
  await others.until('his own', ({ events }) => events.length > 0);
  assert.equal(others.messages.length, 1, 'what others did counts for nothing');
});

test('whoever comes back when what they missed is forgotten is given what there is', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const ann = await api.person('ann');
  const id = await create(api, ann, 'orders');
  const last = String(await api.store.events.lastId());
  await note(api, ann, id, 3);
  let forgotten = 0; // those of this very millisecond are not old yet
  await waitFor(async () => (forgotten += await api.store.events.forget({ before: Date.now(), limit: 3 - forgotten })) === 3, { what: 'old events to be forgotten' });
  using client = await EventClient.open(url, ann.token, last);
  await client.until('the snapshot', ({ messages }) => messages.some(({ event, data }) => event === 'snapshot' && data['missed'] === true && data['done'] === true));
  assert.deepEqual(containers(client), [id]);
});

test('an id that is not ours, or from the future, begins with a snapshot', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const ann = await api.person('ann');
  await create(api, ann, 'orders');
  for (const id of ['abc', '999999999', '-1']) {
    using client = await EventClient.open(url, ann.token, id);
    await client.until('the snapshot', ({ messages }) => messages.some(({ event, data }) => event === 'snapshot' && data['done'] === true));
  }
});

test('a long list comes in pages, the last of which says so', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const ann = await api.person('ann', { quota: { instances: 1000, memoryBytes: 1e15, cpus: 1e6 } });
  for (let count = 0; count < 60; count += 1) await create(api, ann, `n${count}`);
  for (let count = 60; count < 230; count += 10) await Promise.all(Array.from({ length: 10 }, (_, index) => create(api, ann, `n${count + index}`)));
  using client = await EventClient.open(url, ann.token);
  await client.until('the last page', ({ messages }) => messages.at(-1)?.data['done'] === true);
  assert.equal(new Set(containers(client)).size, 230);
  assert.deepEqual(client.messages.map(({ data }) => [data['first'], data['done'], data['missed']]), [[true, false, false], [false, true, false]]);
});

test('a heartbeat comes while nothing happens; a token that expires or is revoked ends the stream, and says why', async () => {
  const clock = new ManualClock(Date.now());
  await using api = await startApi({ clock });
  const url = `${await listening(api)}/events/containers`;
  const ann = await api.person('ann');
  const expiring = await api.token(ann.user, ['read'], clock.now() + 100_000);
  using short = await EventClient.open(url, expiring);
  using long = await EventClient.open(url, ann.token);
  await short.until('the snapshot', ({ messages }) => messages.length > 0);
  await long.until('the snapshot', ({ messages }) => messages.length > 0);
  clock.advance(16_000);
  await long.until('a heartbeat', ({ comments }) => comments.length > 0);
  clock.advance(90_000);
  await short.until('its end', ({ ended }) => ended);
  assert.deepEqual([short.messages.at(-1)?.event, short.messages.at(-1)?.data], ['end', { reason: 'token_expired' }]);
  assert.equal(long.ended, false);
  for (const { id } of await api.store.tokens.listByUser(ann.user.id)) await api.store.tokens.delete(ann.user.id, id);
  await waitFor(async () => {
    clock.advance(60_000);
    return long.ended;
  }, { what: 'the end of the revoked one' });
  assert.deepEqual(long.messages.at(-1)?.data, { reason: 'token_revoked' });
});

test('who does not read is cut and can come back where they were; others hear on', async () => {
  await using api = await startApi();
  const base = await listening(api);
  const ann = await api.person('ann');
  const id = await create(api, ann, 'orders');
  const lazy = connect({ port: Number(new URL(base).port), host: '127.0.0.1' }).on('error', () => undefined);
  await once(lazy, 'connect');
  lazy.pause();
  let gone = false;
  lazy.on('close', () => { gone = true; });
  lazy.write(`GET /events/containers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.token}\r\n\r\n`);
  using quick = await EventClient.open(`${base}/events/containers`, ann.token);
  await quick.until('the snapshot', ({ messages }) => messages.length > 0);
  const message = 'x'.repeat(10_000);
  for (let count = 0; count < 2000; count += 1) await api.store.events.append({ instanceId: id, ownerId: ann.user.id, type: 'instance.noted', message, data: {} });
  await quick.until('all of it', ({ events }) => events.length >= 2000, 30_000);
  lazy.resume();
  await waitFor(() => gone, { what: 'the lazy one to be cut' });
  assert.equal(quick.ended, false);
  assert.deepEqual(new Set(types(quick)), new Set(['instance.noted']));
});

test('the streams end when the server closes, which waits for none of them', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  using client = await EventClient.open(url, api.admin.token);
  await client.until('the snapshot', ({ messages }) => messages.length > 0);
  const began = performance.now();
  await api.app.close();
  assert.ok(performance.now() - began < 10_000); // it would wait for a stream for ever
  await client.until('its end', ({ ended }) => ended);
  assert.deepEqual(client.messages.at(-1)?.data, { reason: 'closing' });
});

test('a browser, whose EventSource can send no header, shows who it is by a cookie that is good for reading only', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const ann = await api.person('ann');
  const login = await api.ask('/api/auth/login', { method: 'POST', token: ann.token });
  assert.equal(login.status, 200);
  const [set = ''] = [login.headers['set-cookie']].flat().map(String);
  assert.match(set, /^dbmaker_session=dbm_[\w-]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
  const cookie = set.split(';')[0] ?? '';
  using client = await EventClient.open(url, { cookie });
  await client.until('the snapshot', ({ messages }) => messages.length > 0);
  const id = await create(api, ann, 'orders');
  await client.until('the creation', ({ events }) => events.length > 0);
  assert.equal((await api.ask('/api/users/profile', { headers: { cookie } })).status, 200);
  for (const [method, path] of [['POST', '/api/containers'], ['DELETE', `/api/containers/${id}`], ['POST', '/api/tokens']] as const) {
    assert.equal((await api.ask(path, { method, headers: { cookie }, body: { template: 'redis', name: 'x' } })).status, 403, 'a foreign page could make a browser send it');
  }
  assert.equal((await api.ask('/api/users/profile', { token: 'dbm_wrong', headers: { cookie } })).status, 401, 'the header counts where there is one');
  assert.equal((await api.ask(`/api/containers/${id}/connection`, { headers: { cookie } })).status, 403, 'it shows no password');
  assert.equal((await api.ask('/api/users/profile', { token: cookie.split('=')[1] ?? '' })).status, 401, 'what stands in it is no token for the header');
  for (let count = 0; count < 15; count += 1) await api.ask('/api/auth/login', { method: 'POST', token: ann.token });
  assert.ok((await api.store.tokens.listByUser(ann.user.id)).length <= 11, 'there are so many sessions and no more');
  const other = await api.token(ann.user, ['read']);
  const { id: otherId } = (await api.store.tokens.listByUser(ann.user.id)).find(({ name, scopes }) => name === 'test' && scopes.length === 1) ?? { id: '' };
  const begun = String((await api.ask('/api/auth/login', { method: 'POST', token: other })).headers['set-cookie']).split(';')[0] ?? '';
  assert.equal((await api.ask('/api/users/profile', { headers: { cookie: begun } })).status, 200);
  assert.equal((await api.ask(`/api/tokens/${otherId}`, { method: 'DELETE', token: ann.token })).status, 204);
  assert.equal((await api.ask('/api/users/profile', { headers: { cookie: begun } })).status, 401, 'it ends with the token that began it');
  const second = await api.ask('/api/auth/login', { method: 'POST', token: ann.token });
  const again = String(second.headers['set-cookie']).split(';')[0] ?? '';
  assert.equal((await api.ask('/api/auth/logout', { method: 'POST', headers: { cookie: again } })).status, 403, 'a foreign page signs nobody out');
  const logout = await api.ask('/api/auth/logout', { method: 'POST', headers: { cookie: again, 'x-csrf-token': (JSON.parse(second.text) as { csrfToken: string }).csrfToken } });
  assert.equal(logout.status, 204);
  assert.match(String(logout.headers['set-cookie']), /^dbmaker_session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/);
  assert.equal((await api.ask('/api/users/profile', { headers: { cookie: again } })).status, 401);
});

test('a stream of everybody\'s events ends when its reader is no admin any more', async () => {
  const clock = new ManualClock(Date.now());
  await using api = await startApi({ clock });
  const url = `${await listening(api)}/events/containers?all=true`;
  const boss = await api.person('boss', { role: 'admin' });
  using client = await EventClient.open(url, boss.token);
  await client.until('the snapshot', ({ messages }) => messages.length > 0);
  await api.store.users.update(boss.user.id, { role: 'user' });
  await waitFor(() => {
    clock.advance(60_000);
    return client.ended;
  }, { what: 'its end' });
});

test('a person has fifty streams and no more; one that ends makes room, and others are not held up', async () => {
  await using api = await startApi();
  const url = `${await listening(api)}/events/containers`;
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  const clients = await Promise.all(Array.from({ length: 50 }, () => EventClient.open(url, ann.token)));
  try {
    await assert.rejects(EventClient.open(url, ann.token), /answered 429/);
    using other = await EventClient.open(url, bob.token);
    await other.until('his snapshot', ({ messages }) => messages.length > 0);
    clients.pop()?.[Symbol.dispose]();
    const again = await waitFor(() => EventClient.open(url, ann.token).catch(() => null), { what: 'room for another' });
    clients.push(again);
    await assert.rejects(EventClient.open(url, ann.token), /answered 429/);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

test('HEAD of what is a stream or a download begins none', async () => {
  await using api = await startApi();
  await listening(api);
  const ann = await api.person('ann');
  const id = await create(api, ann, 'orders');
  let logs = 0;
  const { logs: real } = api.runtime;
  api.runtime.logs = (...all) => {
    logs += 1;
    return real(...all);
  };
  for (const path of ['/events/containers', `/api/containers/${id}/logs`, `/api/containers/${id}/logs?follow=true`, `/api/backups/${id}/download`]) {
    const { status, text } = await api.ask(path, { method: 'HEAD', token: ann.token });
    assert.deepEqual([status, text], [405, ''], path);
  }
  assert.equal(logs, 0);
  assert.match((await api.ask('/metrics', { token: api.admin.token })).text, /^dbmaker_event_streams 0$/m);
});
