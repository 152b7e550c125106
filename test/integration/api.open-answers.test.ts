import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { EventClient } from '../support/event-source.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { addBackup } from '../support/store.ts';
import { waitFor } from '../support/wait.ts';
import { create, startApi, type Person } from './api-harness.ts';

/** Somebody's event stream and the log of a database that they follow, both open. */
async function following(url: string, { token }: Person, id: string): Promise<{ events: EventClient; logEnded: () => boolean } & Disposable> {
  const events = await EventClient.open(`${url}/events/containers`, token);
  const answer = await fetch(`${url}/api/containers/${id}/logs?follow=true`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  let ended = false;
  void answer.text().then(() => { ended = true; }, () => { ended = true; });
  return { events, logEnded: () => ended, [Symbol.dispose]: () => { events[Symbol.dispose](); } };
}

/** A log without a line. */
async function* quiet(_id: string, { signal }: { signal?: AbortSignal }): AsyncGenerator<never> {
  if (signal?.aborted !== true) await new Promise<void>((resolve) => signal?.addEventListener('abort', () => { resolve(); }));
  yield* [];
}

test('streams of events and logs end at once when their reader is disabled, or what they have shown is revoked; others\' go on', async () => {
  await using api = await startApi();
  api.runtime.logs = quiet;
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const ways: Record<string, (person: Person, tokenId: string) => Promise<unknown>> = {
    disabled: ({ user }) => api.ask(`/api/users/${user.id}`, { method: 'PATCH', token: api.admin.token, body: { disabled: true } }),
    revoked: ({ token }, tokenId) => api.ask(`/api/tokens/${tokenId}`, { method: 'DELETE', token }),
    'revoked by an admin': ({ user }, tokenId) => api.ask(`/api/users/${user.id}/tokens/${tokenId}`, { method: 'DELETE', token: api.admin.token }),
  };
  const stranger = await api.person('stranger');
  using others = await following(url, stranger, (await create(api, stranger.token, 'x')).id);
  for (const [index, [how, end]] of Object.entries(ways).entries()) {
    const person = await api.person(`p${String(index)}`);
    using open = await following(url, person, (await create(api, person.token, 'x')).id);
    await end(person, (await api.store.tokens.listByUser(person.user.id))[0]!.id);
    await open.events.until(`the end when ${how}`, ({ ended }) => ended);
    assert.deepEqual(open.events.messages.at(-1)?.data, { reason: 'token_revoked' }, how);
    await waitFor(open.logEnded, { what: `the end of the log when ${how}` });
  }
  assert.deepEqual([others.events.ended, others.logEnded()], [false, false]);
});

test('who follows the log of a shared database is let go when it is shared no more, and goes on hearing of their own', async () => {
  await using api = await startApi();
  api.runtime.logs = quiet;
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  const { id } = await create(api, ann.token, 'x');
  assert.equal((await api.ask(`/api/containers/${id}/shares/bob`, { method: 'PUT', token: ann.token, body: { access: 'viewer' } })).status, 200);
  using bobs = await following(url, bob, id);
  assert.equal((await api.ask(`/api/containers/${id}/shares/bob`, { method: 'DELETE', token: ann.token })).status, 204);
  await waitFor(bobs.logEnded, { what: 'the end of the log' });
  assert.equal(bobs.events.ended, false);
});

test('they end within a minute when another process has disabled them, and an admin who is none any more reads no log of others', async () => {
  const clock = new ManualClock(Date.now());
  await using api = await startApi({ clock });
  api.runtime.logs = quiet;
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const [ann, boss] = [await api.person('ann'), await api.person('boss', { role: 'admin' })];
  const { id } = await create(api, ann.token, 'x');
  using anns = await following(url, ann, id);
  using bosses = await following(url, boss, id);
  await api.store.users.update(boss.user.id, { role: 'user' });
  await waitFor(async () => {
    clock.advance(60_000);
    return bosses.logEnded();
  }, { what: 'the end of the log of others' });
  assert.equal(anns.logEnded(), false);
  await api.store.users.update(ann.user.id, { disabled: true });
  await waitFor(async () => {
    clock.advance(60_000);
    return anns.logEnded() && anns.events.ended;
  }, { what: 'the end of all that is hers' });
});

test('a download ends when its reader is disabled, and only theirs', async () => {
  await using api = await startApi();
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const bytes = 64 * 1024 * 1024; // more than fits between server and client
  const begin = async (username: string): Promise<{ person: Person; response: IncomingMessage }> => {
    const person = await api.person(username);
    const instance = await api.store.instances.get((await create(api, person.token, 'x')).id);
    assert.ok(instance);
    const id = `b${username}`;
    const directory = path.join(api.home, 'backups', id, '1');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(path.join(directory, 'dump.rdb.gz'), '', { mode: 0o600 });
    await truncate(path.join(directory, 'dump.rdb.gz'), bytes);
    await addBackup(api.store, instance, { id, files: [{ name: 'dump.rdb.gz', bytes, sha256: 'x' }], expiresAt: Date.now() + 86_400_000 });
    const asking = request(`${url}/api/backups/${id}/download`, { agent: false, headers: { authorization: `Bearer ${person.token}` } }).end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    assert.equal(response.statusCode, 200);
    return { person, response };
  };
  const [ann, bob] = [await begin('ann'), await begin('bob')];
  assert.equal((await api.ask(`/api/users/${ann.person.user.id}`, { method: 'PATCH', token: api.admin.token, body: { disabled: true } })).status, 200);
  const received = async (response: IncomingMessage): Promise<number> => {
    let count = 0;
    response.on('data', (chunk: Buffer) => { count += chunk.length; }).on('error', () => undefined);
    if (!response.closed) await new Promise((resolve) => response.once('close', resolve)); // it may be over already
    return count;
  };
  const [anns, bobs] = await Promise.all([received(ann.response), received(bob.response)]);
  assert.ok(anns < bytes, 'it was cut off');
  assert.equal(bobs, bytes);
});

test('who leaves while it is looked who they are has nothing open: no stream is counted as theirs for good, and no log is read on', async () => {
  await using api = await startApi();
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const ann = await api.person('ann');
  const { id } = await create(api, ann.token, 'x');
  let reading = 0;
  api.runtime.logs = async function* (asked, { signal }) {
    reading += 1;
    yield* quiet(asked, { ...(signal === undefined ? {} : { signal }) });
    reading -= 1;
  };
  let [asked, gone] = [0, 0];
  api.app.server.on('connection', (socket) => socket.once('close', () => { gone += 1; }));
  const find = api.store.tokens.findByHash.bind(api.store.tokens);
  // A store that is slow, as it may be under load: nobody is there any more when it answers.
  api.store.tokens.findByHash = async (hash) => {
    asked += 1;
    const found = await find(hash);
    await waitFor(() => gone === asked, { what: 'the client to be gone', intervalMs: 1 });
    return found;
  };
  for (const [address, most] of [['/events/containers', 50], [`/api/containers/${id}/logs`, 20], [`/api/containers/${id}/logs?follow=true`, 20]] as const) {
    for (let n = 1; n <= most; n += 1) {
      const asking = request(`${url}${address}`, { agent: false, headers: { authorization: `Bearer ${ann.token}` } }).on('error', () => undefined).end();
      await waitFor(() => asked > gone, { what: 'the request to come', intervalMs: 1 });
      asking.destroy();
      await waitFor(() => gone === asked, { what: 'the end of the connection', intervalMs: 1 });
    }
  }
  api.store.tokens.findByHash = find;
  await waitFor(() => reading === 0, { what: 'the end of all logs' });
  using open = await following(url, ann, id);
  assert.equal(open.logEnded(), false);
});

test('what is taken away just while a stream or a log begins is missed by neither', async () => {
  await using api = await startApi();
  api.runtime.logs = quiet;
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  const { id } = await create(api, ann.token, 'x');
  assert.equal((await api.ask(`/api/containers/${id}/shares/bob`, { method: 'PUT', token: ann.token, body: { access: 'viewer' } })).status, 200);
  /** Once it was found that bob may: something happens before the answer begins. */
  const { shares, events } = api.store;
  const [get, lastId] = [shares.get.bind(shares), events.lastId.bind(events)];
  shares.get = async (...asked) => {
    const found = await get(...asked);
    shares.get = get;
    assert.equal((await api.ask(`/api/containers/${id}/shares/bob`, { method: 'DELETE', token: ann.token })).status, 204);
    return found;
  };
  // It is looked again after a minute: that would be too late.
  const log = await fetch(`${url}/api/containers/${id}/logs?follow=true`, { headers: { authorization: `Bearer ${bob.token}` }, signal: AbortSignal.timeout(20_000) });
  assert.equal(log.status, 200);
  assert.equal(await log.text(), '', 'it ends');
  events.lastId = async () => {
    events.lastId = lastId;
    assert.equal((await api.ask(`/api/users/${bob.user.id}`, { method: 'PATCH', token: api.admin.token, body: { disabled: true } })).status, 200);
    return lastId();
  };
  using stream = await EventClient.open(`${url}/events/containers`, bob.token);
  await stream.until('the end', ({ ended }) => ended, 20_000);
  assert.deepEqual(stream.messages.at(-1)?.data, { reason: 'token_revoked' });
});
