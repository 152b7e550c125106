import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Clock } from '../../src/domain/ports/clock.ts';
import { EventClient, type Message } from '../support/event-source.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { waitFor } from '../support/wait.ts';
import { create, startApi, type Harness, type Person } from './api-harness.ts';

/** The API listening, with an owner, somebody to share with, and a third one who has it all the time. */
async function house(clock?: Clock): Promise<AsyncDisposable & { api: Harness; url: string; ann: Person; bob: Person; eve: Person; id: string; shareWith: Share; unshare: Unshare; note: Note }> {
  const api = await startApi(clock === undefined ? {} : { clock });
  const url = `${await api.app.listen({ host: '127.0.0.1', port: 0 })}/events/containers`;
  const [ann, bob, eve] = [await api.person('ann'), await api.person('bob'), await api.person('eve')];
  const { id } = await create(api, ann.token, 'orders', 'redis');
  await api.store.shares.put(id, eve.user.id, 'viewer', { by: 'ann', limit: 50 });
  return {
    api, url, ann, bob, eve, id,
    shareWith: async (access, username = 'bob', of = id) => assert.equal((await api.ask(`/api/containers/${of}/shares/${username}`, { method: 'PUT', token: ann.token, body: { access } })).status, 200),
    unshare: async (username = 'bob', of = id) => assert.equal((await api.ask(`/api/containers/${of}/shares/${username}`, { method: 'DELETE', token: ann.token })).status, 204),
    note: async (message, of = id) => { await api.store.events.append({ instanceId: of, ownerId: ann.user.id, type: 'instance.noted', message, data: {} }); },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}
type Share = (access: string, username?: string, of?: string) => Promise<void>;
type Unshare = (username?: string, of?: string) => Promise<void>;
type Note = (message: string, of?: string) => Promise<void>;

/** Type (or note), and what is told of the container: what one may do with it, or null. */
function told({ data }: Message): [string, unknown] {
  const container = data['container'] as { access: string } | null;
  return [data['type'] === 'instance.noted' ? String(data['message']) : String(data['type']), container?.access ?? null];
}
const all = (client: EventClient): unknown[] => client.events.map(told);
const snapshot = (client: EventClient): unknown[] => client.messages.filter(({ event }) => event === 'snapshot').flatMap(({ data }) => (data['containers'] as { id: string; access: string }[]).map(({ id, access }) => [id, access]));
const snapped = (client: EventClient): Promise<unknown> => client.until('the snapshot', ({ messages }) => messages.some(({ data }) => data['done'] === true));

test('who gets access hears so at once, what happens from then on, what they may do then, and that it ended; after that nothing', async () => {
  await using house_ = await house();
  const { api, url, ann, bob, eve, id, shareWith, unshare, note } = house_;
  using bobs = await EventClient.open(url, bob.token);
  using anns = await EventClient.open(url, ann.token);
  using eves = await EventClient.open(url, eve.token);
  using admins = await EventClient.open(`${url}?all=true`, api.admin.token);
  for (const client of [bobs, anns, eves, admins]) await snapped(client);
  assert.deepEqual([snapshot(bobs), snapshot(anns), snapshot(eves), snapshot(admins)], [[], [[id, 'owner']], [[id, 'viewer']], [[id, 'admin']]]);
  await note('before');
  await anns.until('what was before', ({ events }) => events.length > 0); // told together with what follows, he would hear it: he may read the history
  await shareWith('viewer');
  await note('seen');
  await bobs.until('the first note', ({ events }) => events.length >= 2);
  await shareWith('operator');
  await bobs.until('that he may do more', ({ events }) => events.length >= 3);
  await shareWith('operator');
  await unshare();
  await note('after');
  await create(api, bob.token, 'bobs', 'redis');
  await bobs.until('the end of it and his own', ({ events }) => events.length >= 5);
  assert.deepEqual(all(bobs), [['instance.shared', 'viewer'], ['seen', 'viewer'], ['instance.shared', 'operator'], ['instance.unshared', null], ['instance.created', 'owner']]);
  const { message, data } = bobs.events[3]!.data;
  assert.deepEqual([message, data], ['No longer shared with bob.', { username: 'bob', by: 'ann' }]);
  for (const client of [anns, eves, admins]) await client.until('the last note', ({ events }) => events.some(({ data }) => data['message'] === 'after'));
  const happened = ['before', 'instance.shared', 'seen', 'instance.shared', 'instance.unshared', 'after'];
  assert.deepEqual(all(anns), happened.map((type) => [type, 'owner']));
  assert.deepEqual(all(admins).slice(0, 6), happened.map((type) => [type, 'admin']));
  assert.deepEqual(all(eves), ['before', 'seen', 'after'].map((type) => [type, 'viewer']), 'who else has it concerns her not');
});

test('an admin hears of their own as owner, and of what is shared with them as admin', async () => {
  await using house_ = await house();
  const { api, url, id, shareWith, note } = house_;
  await shareWith('viewer', 'admin');
  const own = await create(api, api.admin.token, 'own', 'redis');
  using few = await EventClient.open(url, api.admin.token);
  using everything = await EventClient.open(`${url}?all=true`, api.admin.token);
  const readOnly = await api.token(api.admin.user, ['read']);
  using weak = await EventClient.open(url, readOnly);
  for (const client of [few, everything, weak]) await snapped(client);
  const expected = [[own.id, 'owner'], [id, 'admin']];
  assert.deepEqual(snapshot(few), expected);
  assert.deepEqual(snapshot(everything), expected);
  assert.deepEqual(snapshot(weak), [[own.id, 'owner'], [id, 'viewer']], 'a token that may only read is that of no admin');
  await note('x');
  for (const [client, as] of [[few, 'admin'], [everything, 'admin'], [weak, 'viewer']] as const) {
    await client.until('the note', ({ events }) => events.length > 0);
    assert.deepEqual(all(client), [['x', as]]);
  }
});

test('who was away hears what they missed of what is shared by now, that it was shared, and that it was lost or removed', async () => {
  await using house_ = await house();
  const { api, url, ann, bob, shareWith, unshare, note } = house_;
  const make = async (name: string): Promise<string> => (await create(api, ann.token, name, 'redis')).id;
  const [kept, lost, gained, brief, removed, back] = [await make('kept'), await make('lost'), await make('gained'), await make('brief'), await make('removed'), await make('back')];
  for (const id of [kept, lost, removed, back]) await shareWith('viewer', 'bob', id);
  using before = await EventClient.open(url, bob.token);
  await snapped(before);
  assert.equal(snapshot(before).length, 4);
  const last = before.messages.at(-1)?.id ?? null;
  before[Symbol.dispose]();
  for (const id of [kept, lost, gained, back]) await note(`1 ${id}`, id);
  await unshare('bob', lost);
  await unshare('bob', back);
  await note(`2 ${lost}`, lost);
  await shareWith('operator', 'bob', gained);
  await shareWith('operator', 'bob', brief);
  await unshare('bob', brief);
  await shareWith('operator', 'bob', back);
  await shareWith('operator', 'bob', kept);
  await api.ask(`/api/containers/${removed}`, { method: 'DELETE', token: ann.token });
  await api.close(removed);
  using after = await EventClient.open(url, bob.token, last);
  await create(api, bob.token, 'mine', 'redis');
  await after.until('his own', ({ events }) => events.at(-1)?.data['type'] === 'instance.created');
  const of = (id: string): unknown[] => after.events.filter(({ data }) => data['containerId'] === id).map(told);
  assert.deepEqual(of(kept), [[`1 ${kept}`, 'operator'], ['instance.shared', 'operator']]);
  assert.deepEqual(of(lost), [['instance.unshared', null]]);
  assert.deepEqual(of(gained), [[`1 ${gained}`, 'operator'], ['instance.shared', 'operator']]);
  assert.deepEqual(of(brief), [['instance.unshared', null]]);
  assert.deepEqual(of(removed), [['instance.deleted', null]]);
  assert.deepEqual(of(back), [[`1 ${back}`, 'operator'], ['instance.unshared', null], ['instance.shared', 'operator']]);
  using anew = await EventClient.open(url, bob.token);
  await snapped(anew);
  assert.deepEqual(new Set(snapshot(anew).map((one) => (one as string[])[0])), new Set([kept, gained, back, (await api.store.instances.list({ ownerId: bob.user.id }, { limit: 1 })).items[0]!.id]));
});

test('what is deleted is told to those with whom it is shared, too', async () => {
  await using house_ = await house();
  const { api, url, ann, eve, id } = house_;
  using eves = await EventClient.open(url, eve.token);
  await snapped(eves);
  await api.ask(`/api/containers/${id}`, { method: 'DELETE', token: ann.token });
  await eves.until('that it is being deleted', ({ events }) => events.length > 0);
  await api.close(id);
  await eves.until('its end', ({ events }) => events.length > 1);
  assert.deepEqual(all(eves), [['instance.delete-requested', 'viewer'], ['instance.deleted', null]]);
});

test('long lists of own and shared ones come in pages, each once', async () => {
  await using house_ = await house();
  const { api, url, ann, bob } = house_;
  for (const person of [ann, bob]) await api.store.users.update(person.user.id, { quota: { instances: 1000, memoryBytes: 1e15, cpus: 1e6, backupBytes: 0 } });
  const ids: string[] = [];
  for (let count = 0; count < 210; count += 1) {
    const { id } = await create(api, (count % 3 === 0 ? bob : ann).token, `n${String(count)}`, 'redis');
    if (count % 3 !== 0) await api.store.shares.put(id, bob.user.id, 'viewer', { by: 'ann', limit: 50 });
    ids.unshift(id);
  }
  using client = await EventClient.open(url, bob.token);
  await snapped(client);
  assert.deepEqual(client.messages.map(({ data }) => [data['first'], data['done']]), [[true, false], [false, true]]);
  const heard = snapshot(client).map((one) => (one as string[])[0]);
  assert.deepEqual(heard.toSorted(), ids.toSorted());
});

/** A client that reads its head and then nothing until `read`. */
async function lazily(url: string, token: string, lastEventId: string): Promise<Disposable & { read: () => Promise<string> }> {
  const { port, pathname } = new URL(url);
  const socket = connect({ port: Number(port), host: '127.0.0.1' }).on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nLast-Event-ID: ${lastEventId}\r\n\r\n`);
  await once(socket, 'readable');
  let text = '';
  return {
    read: async () => {
      socket.on('data', (chunk: Buffer) => { text += chunk.toString(); });
      await waitFor(() => text.includes('instance.unshared') && text.includes('"the very end"'), { what: 'all that is to be heard', timeoutMs: 20_000, explain: () => text.slice(-500) });
      return text;
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

test('who catches up slowly hears nothing of what is taken from them meanwhile: neither of what they missed nor of what happened since', async () => {
  await using house_ = await house();
  const { api, url, bob, id, shareWith, unshare, note } = house_;
  await shareWith('viewer');
  const last = String(await api.store.events.lastId());
  const much = 'x'.repeat(100_000); // a hundred of these, which are read at once, fill what lies between server and client
  for (let count = 0; count < 110; count += 1) await note(`missed ${String(count)} ${much}`);
  using client = await lazily(url, bob.token, last);
  await waitFor(async () => (await api.ask('/metrics', { token: api.admin.token })).text.includes('dbmaker_event_streams 1'), { what: 'the stream' });
  for (let count = 0; count < 20; count += 1) await note(`since ${String(count)}`);
  await new Promise((resolve) => setTimeout(resolve, 500)); // the feed has handed them over by then; if it has not, the test says less
  await unshare();
  const { id: own } = await create(api, bob.token, 'the-very-end', 'redis');
  await api.store.events.append({ instanceId: own, ownerId: bob.user.id, type: 'instance.noted', message: 'the very end', data: {} });
  const text = await client.read();
  assert.match(text, /missed 0 /);
  assert.doesNotMatch(text, /missed 99 |since /);
  const end = text.lastIndexOf(`"containerId":"${id}"`);
  assert.ok(text.lastIndexOf('"type":"instance.unshared"', end) > text.lastIndexOf('"type":"instance.noted"', end), 'that it was lost is the last that is told of it');
});

test('one who leaves by themselves hears it like the others, in all their tabs', async () => {
  await using house_ = await house();
  const { api, url, eve, id } = house_;
  using one = await EventClient.open(url, eve.token);
  using other = await EventClient.open(url, eve.token);
  for (const client of [one, other]) await snapped(client);
  assert.equal((await api.ask(`/api/containers/${id}/shares/eve`, { method: 'DELETE', token: eve.token })).status, 204);
  for (const client of [one, other]) {
    await client.until('the end', ({ events }) => events.length > 0);
    assert.deepEqual(all(client), [['instance.unshared', null]]);
  }
});

/** The log of a database, followed. */
async function follow(url: string, id: string, { token }: Person): Promise<{ ended: () => boolean }> {
  const answer = await fetch(url.replace('/events/containers', `/api/containers/${id}/logs?follow=true`), { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  let ended = false;
  void answer.text().catch(() => undefined).finally(() => { ended = true; });
  return { ended: () => ended };
}

test('a log that somebody follows ends at once when it is shared with them no more, within a minute where another process did that, and goes on for a viewer', async () => {
  const clock = new ManualClock(Date.now());
  await using house_ = await house(clock);
  const { api, url, ann, bob, eve, id, shareWith, unshare } = house_;
  api.runtime.logs = async function* quiet(_id, { signal }): AsyncGenerator<never> {
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => { resolve(); }));
    yield* [];
  };
  await shareWith('operator');
  const [anns, bobs, eves] = [await follow(url, id, ann), await follow(url, id, bob), await follow(url, id, eve)];
  await shareWith('viewer');
  clock.advance(61_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([anns.ended(), bobs.ended(), eves.ended()], [false, false, false]);
  await unshare();
  await waitFor(bobs.ended, { what: 'the end of the log that is shared no more' });
  await api.store.shares.remove(id, eve.user.id, { by: 'ann' });
  await waitFor(() => {
    clock.advance(61_000);
    return eves.ended();
  }, { what: 'the end of the one that another process ended' });
  assert.equal(anns.ended(), false);
});
