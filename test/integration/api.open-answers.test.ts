import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventClient } from '../support/event-source.ts';
import { ManualClock } from '../support/manual-clock.ts';
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
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => { resolve(); }));
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
