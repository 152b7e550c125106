import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store } from '../../../src/domain/ports/store.ts';
import type { NewWebhook } from '../../../src/domain/ports/webhook-store.ts';
import { addUser, failure, nextId } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

export function newWebhook(change: Partial<NewWebhook> = {}): NewWebhook {
  return { id: nextId(), ownerId: 'u1', url: 'https://example.com/x?y=z', types: ['*'], secrets: { current: 'sealed', previous: null }, ...change };
}

export async function appendEvent(store: Store, ownerId = 'u1', type = 'instance.failed'): Promise<number> {
  return (await store.events.append({ instanceId: 'a1', ownerId, type, message: 'It ended.', data: {} })).id;
}

export function webhookContract(open: OpenStore): void {
  describe('webhooks', () => {
    test('a webhook is found as it was made, and gone when it was deleted', async () => {
      await using under = await open();
      const { webhooks } = under.store;
      const last = await appendEvent(under.store);
      const asked = newWebhook({ types: ['instance.failed', "it's; drop table webhooks"], secrets: { current: 'a', previous: { secret: 'b', until: 7 } } });
      const made = await webhooks.create(asked, 1);
      const now = under.clock.now();
      assert.deepEqual(made, { ...asked, adminId: null, enabled: true, disabledReason: null, failingSince: null, afterEvent: last, createdAt: now, updatedAt: now });
      assert.deepEqual(await webhooks.get(made.id), made);
      assert.equal(await webhooks.delete(made.id), true);
      assert.equal(await webhooks.delete(made.id), false);
      assert.equal(await webhooks.get(made.id), null);
    });

    test('the global ones of an admin who is none any more go off, with an event each; what is theirs and others\' stay on', async () => {
      await using under = await open();
      const { webhooks, users, events, deliveries } = under.store;
      const [boss, other] = [await addUser(under.store), await addUser(under.store)];
      for (const { id } of [boss, other]) await users.update(id, { role: 'admin' });
      const global = await webhooks.create(newWebhook({ ownerId: null, adminId: boss.id }), 9);
      const own = await webhooks.create(newWebhook({ ownerId: boss.id }), 9);
      const others = await webhooks.create(newWebhook({ ownerId: null, adminId: other.id }), 9);
      await deliveries.queue([{ id: 'msg_1', webhookId: global.id, eventId: 1, type: 'instance.failed', body: '{}' }], { from: await deliveries.cursor(), to: 1 });
      await users.update(boss.id, { displayName: 'Still the boss' });
      assert.equal((await webhooks.get(global.id))?.enabled, true);
      await users.update(boss.id, { role: 'user' });
      await users.update(boss.id, { role: 'user' });
      const off = await webhooks.get(global.id);
      assert.deepEqual([off?.enabled, off?.disabledReason], [false, 'demoted']);
      assert.deepEqual([(await webhooks.get(own.id))?.enabled, (await webhooks.get(others.id))?.enabled], [true, true]);
      assert.deepEqual((await webhooks.subscribers([])).map(({ id }) => id), [others.id]);
      assert.deepEqual([await deliveries.due('h', 9), await deliveries.claim(global.id, 'h', 1000)], [[], null], 'what was queued is not sent either');
      const told = (await events.list({ type: 'webhook.disabled' }, { limit: 9 })).map(({ ownerId, data }) => [ownerId, data]);
      assert.deepEqual(told, [['', { webhook: global.id, reason: 'demoted' }]]);
      const on = await webhooks.update(global.id, { enabled: true, adminId: other.id });
      assert.deepEqual([on.enabled, on.disabledReason, on.adminId], [true, null, other.id]);
    });

    test('the global webhook of an admin who is disabled goes off, their own stays', async () => {
      await using under = await open();
      const { users, webhooks } = under.store;
      const quota = { instances: 1, memoryBytes: 1, cpus: 1, backupBytes: 1 };
      const [boss] = await Promise.all(['boss', 'other'].map((id) => users.create({ id, username: id, displayName: id, email: null, role: 'admin', quota })));
      const [global, own] = [await webhooks.create(newWebhook({ ownerId: null, adminId: 'boss' }), 5), await webhooks.create(newWebhook({ ownerId: 'boss' }), 5)];
      await users.update(boss!.id, { disabled: true });
      assert.deepEqual([(await webhooks.get(global.id))?.enabled, (await webhooks.get(own.id))?.enabled], [false, true]);
      await users.update(boss!.id, { disabled: false });
      assert.equal((await webhooks.get(global.id))?.enabled, false, 'it does not come back by itself');
    });

    test('an owner has so many and no more, also when several are made at once; global ones count by themselves', async () => {
      await using under = await open();
      const others = await under.another();
      const made = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => [under.store, others][index % 2]!.webhooks.create(newWebhook(), 5)));
      assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 5);
      await failure(under.store.webhooks.create(newWebhook(), 5), 'quota_exceeded');
      await under.store.webhooks.create(newWebhook({ ownerId: 'u2' }), 1);
      await under.store.webhooks.create(newWebhook({ ownerId: null }), 1);
      await failure(under.store.webhooks.create(newWebhook({ ownerId: null }), 1), 'quota_exceeded');
    });

    test('a list is that of an owner or of all, in pages, newest first', async () => {
      await using under = await open();
      const { webhooks } = under.store;
      const ids: Record<string, string> = {};
      for (const ownerId of ['u1', 'u2', null, 'u1']) {
        ids[`${ownerId}${under.clock.now() % 10}`] = (await webhooks.create(newWebhook({ ownerId }), 9)).id;
        under.clock.advance(1);
      }
      const list = async (filter: Parameters<typeof webhooks.list>[0]): Promise<string[]> => (await webhooks.list(filter, { limit: 10 })).items.map(({ id }) => id);
      const { u10: first, u21: second, null2: third, u13: fourth } = ids;
      assert.deepEqual(await list({ ownerId: 'u1' }), [fourth, first]);
      assert.deepEqual(await list({}), [fourth, third, second, first]);
      const page = await webhooks.list({ ownerId: 'u1' }, { limit: 1 });
      assert.deepEqual((await webhooks.list({ ownerId: 'u1' }, { limit: 1, cursor: page.next! })).items.map(({ id }) => id), [first]);
      await failure(webhooks.list({}, { limit: 1, cursor: '?' }), 'invalid_request');
    });

    test('a change changes what it names and nothing else', async () => {
      await using under = await open();
      const { webhooks } = under.store;
      const made = await webhooks.create(newWebhook(), 1);
      under.clock.advance(10);
      const change = { url: 'https://example.org', types: ['a.*'], enabled: false, secrets: { current: 'new', previous: { secret: 'old', until: 1 } } };
      let expected = { ...made, updatedAt: under.clock.now() };
      for (const name of ['url', 'types', 'enabled', 'secrets'] as const) {
        expected = { ...expected, [name]: change[name] };
        assert.deepEqual(await webhooks.update(made.id, { [name]: change[name] }), expected);
      }
      assert.deepEqual(await webhooks.get(made.id), expected);
      await failure(webhooks.update('nobody', { enabled: true }), 'not_found');
    });

    test('who is told of events: those that are on, of their owners, and the global ones; of none from before they were switched on', async () => {
      await using under = await open();
      const { webhooks } = under.store;
      const mine = await webhooks.create(newWebhook({ types: ['instance.*'] }), 9);
      const off = await webhooks.create(newWebhook(), 9);
      await webhooks.create(newWebhook({ ownerId: 'u2' }), 9);
      under.clock.advance(1);
      const global = await webhooks.create(newWebhook({ ownerId: null }), 9);
      await webhooks.update(off.id, { enabled: false });
      const of = ({ id, ownerId, types, afterEvent }: typeof mine) => ({ id, ownerId, types, afterEvent });
      assert.deepEqual(await webhooks.subscribers(['u1', 'u3']), [of(mine), of(global)]);
      assert.deepEqual(await webhooks.subscribers([]), [of(global)]);
      const last = await appendEvent(under.store);
      await webhooks.update(mine.id, { enabled: true }); // it was on: nothing is passed over
      await webhooks.update(off.id, { enabled: true });
      assert.deepEqual((await webhooks.subscribers(['u1'])).map(({ id, afterEvent }) => [id, afterEvent]).sort(), [[mine.id, 0], [off.id, last], [global.id, 0]].sort());
    });
  });
}
