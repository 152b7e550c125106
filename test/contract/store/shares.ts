import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SHARED_EVENT, UNSHARED_EVENT } from '../../../src/domain/instance/share.ts';
import type { InstanceEvent } from '../../../src/domain/instance/event.ts';
import type { Store } from '../../../src/domain/ports/store.ts';
import { addInstance, addUser, failure } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const BY = { by: 'ada', limit: 50 };

/** With whom instances are shared. */
export function shareContract(open: OpenStore): void {
  const close = async (store: Store, id: string): Promise<void> => {
    const lease = await store.instances.acquireLease(id, 'worker', 1000);
    assert.ok(lease && await store.instances.close(lease, { quarantineUntil: 0 }));
  };
  const told = (events: readonly InstanceEvent[]): unknown[] => events.filter(({ type }) => type.endsWith('shared')).map(({ type, data }) => [type, data]);

  describe('shares', () => {
    test('are made, changed and ended, each with its event; what is so already changes nothing', async () => {
      await using under = await open();
      const { shares, events } = under.store;
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const { id } = await addInstance(under.store, ada);
      const since = under.clock.now();
      const share = { instanceId: id, userId: eve.id, username: eve.username, displayName: eve.displayName, createdAt: since };
      assert.equal(await shares.get(id, eve.id), null);
      assert.deepEqual(await shares.put(id, eve.id, 'viewer', BY), { ...share, access: 'viewer' });
      under.clock.advance(1000);
      assert.deepEqual(await shares.put(id, eve.id, 'viewer', BY), { ...share, access: 'viewer' });
      assert.deepEqual(await shares.put(id, eve.id, 'operator', BY), { ...share, access: 'operator' });
      assert.deepEqual(await shares.list(id), [{ ...share, access: 'operator' }]);
      assert.equal(await shares.get(id, eve.id), 'operator');
      assert.equal(await shares.get(id, ada.id), null);
      assert.deepEqual(await shares.of([id, 'nothing']), new Map([[id, new Map([[eve.id, 'operator']])]]));
      assert.deepEqual(await shares.of([]), new Map());
      assert.equal(await shares.remove(id, eve.id, { by: 'ada' }), true);
      assert.equal(await shares.remove(id, eve.id, { by: 'ada' }), false);
      assert.equal(await shares.remove('nothing', eve.id, { by: 'ada' }), false);
      assert.deepEqual([await shares.get(id, eve.id), await shares.list(id)], [null, []]);
      const { username } = eve;
      const all = await events.list({ instanceId: id }, { limit: 99 });
      assert.deepEqual(told(all), [
        [SHARED_EVENT, { username, access: 'viewer', by: 'ada' }], [SHARED_EVENT, { username, access: 'operator', by: 'ada' }], [UNSHARED_EVENT, { username, by: 'ada' }],
      ]);
      assert.ok(all.every(({ ownerId }) => ownerId === ada.id));
    });

    test('with its owner, with nobody, of nothing and of what is being deleted there are none', async () => {
      await using under = await open();
      const { shares } = under.store;
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const { id } = await addInstance(under.store, ada);
      assert.deepEqual((await failure(shares.put(id, ada.id, 'viewer', BY), 'invalid_request')).fields, { '/username': 'owns it' });
      await failure(shares.put(id, 'nobody', 'viewer', BY), 'not_found');
      await failure(shares.put('nothing', eve.id, 'viewer', BY), 'not_found');
      await under.store.instances.change(id, { desired: 'deleted' });
      await failure(shares.put(id, eve.id, 'viewer', BY), 'conflict');
      assert.deepEqual(await shares.list(id), []);
    });

    test('are bounded, however many are made at once; whom it is shared with already can still become an operator', async () => {
      await using under = await open();
      const { shares } = under.store;
      const other = await under.another();
      const { id } = await addInstance(under.store, await addUser(under.store));
      const people = await Promise.all(Array.from({ length: 8 }, () => addUser(under.store)));
      const made = await Promise.allSettled(people.map((user, index) => (index % 2 ? shares : other.shares).put(id, user.id, 'viewer', { by: 'ada', limit: 3 })));
      assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 3);
      const all = await shares.list(id);
      assert.equal(all.length, 3);
      assert.equal((await shares.put(id, all[0]!.userId, 'operator', { by: 'ada', limit: 3 })).access, 'operator');
      const refused = people.find((user) => !all.some(({ userId }) => userId === user.id));
      await failure(shares.put(id, refused!.id, 'viewer', { by: 'ada', limit: 3 }), 'quota_exceeded');
    });

    test('the same one made many times at once is one, with one event', async () => {
      await using under = await open();
      const other = await under.another();
      const { id } = await addInstance(under.store, await addUser(under.store));
      const eve = await addUser(under.store);
      await Promise.all(Array.from({ length: 6 }, (_, index) => (index % 2 ? under.store : other).shares.put(id, eve.id, 'viewer', BY)));
      assert.equal((await under.store.shares.list(id)).length, 1);
      assert.equal(told(await under.store.events.list({ instanceId: id }, { limit: 99 })).length, 1);
      const removed = await Promise.all(Array.from({ length: 6 }, (_, index) => (index % 2 ? under.store : other).shares.remove(id, eve.id, { by: 'ada' })));
      assert.equal(removed.filter(Boolean).length, 1);
      assert.equal(told(await under.store.events.list({ instanceId: id }, { limit: 99 })).length, 2);
    });

    test('go with the instance, and those who had it are told of its end', async () => {
      await using under = await open();
      const { shares, events } = under.store;
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const { id } = await addInstance(under.store, ada);
      await shares.put(id, eve.id, 'viewer', BY);
      const last = await events.lastId();
      await close(under.store, id);
      assert.deepEqual([await shares.list(id), await shares.get(id, eve.id), await shares.of([id])], [[], null, new Map()]);
      const [deleted, ...more] = await events.listConcerning(eve.id, { after: last, limit: 9 });
      assert.deepEqual([deleted?.type, more], ['instance.deleted', []]);
      assert.deepEqual(await events.addressees([deleted!.id, 1_000_000]), new Map([[deleted!.id, [eve.id]]]));
    });

    test('what an operator changes is changed by an operator only: not by who has become a viewer, or lost it, in between', async () => {
      await using under = await open();
      const { shares, instances } = under.store;
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const { id } = await addInstance(under.store, ada);
      await failure(instances.change(id, { desired: 'stopped' }, { asOperator: eve.id }), 'not_found');
      await shares.put(id, eve.id, 'viewer', BY);
      await failure(instances.change(id, { desired: 'stopped' }, { asOperator: eve.id }), 'forbidden');
      await shares.put(id, eve.id, 'operator', BY);
      assert.equal((await instances.change(id, { desired: 'stopped' }, { asOperator: eve.id })).spec.desired, 'stopped');
      await shares.remove(id, eve.id, { by: 'ada' });
      await failure(instances.change(id, { desired: 'running' }, { asOperator: eve.id }), 'not_found');
      assert.equal((await instances.get(id))?.spec.desired, 'stopped');
    });
  });

  describe('what somebody may see', () => {
    test('is listed in one order, own and shared, each once with what they may do, in pages of any size and filtered', async () => {
      await using under = await open();
      const { shares, instances } = under.store;
      const [ada, eve, joe] = [await addUser(under.store), await addUser(under.store), await addUser(under.store)];
      const expected: [string, string][] = [];
      for (let index = 0; index < 16; index += 1) {
        const owner = [ada, eve, joe, eve][index % 4]!;
        const { id } = await addInstance(under.store, owner, { name: `n${index}`, type: index % 3 === 0 ? 'postgresql' : 'redis' });
        if (index % 4 === 1) await shares.put(id, ada.id, 'operator', BY);
        if (index % 4 === 2) await shares.put(id, ada.id, 'viewer', BY);
        if (index % 4 !== 3) expected.push([id, ['owner', 'operator', 'viewer'][index % 4]!]);
        if (index % 5 === 4) under.clock.advance(1); // some at the same time
      }
      const all = new Map((await instances.list({}, { limit: 99 })).items.map((one) => [one.id, one]));
      const order = expected.toSorted(([a], [b]) => all.get(b)!.createdAt - all.get(a)!.createdAt || (a < b ? 1 : -1));
      for (const limit of [1, 2, 3, 5, 12, 50]) {
        const seen: [string, string][] = [];
        for (let cursor: string | null = ''; cursor !== null && seen.length <= 16;) {
          const page = await instances.listVisible(ada.id, {}, { limit, ...(cursor === '' ? {} : { cursor }) });
          assert.ok(page.items.length <= limit);
          for (const { instance, access } of page.items) {
            assert.deepEqual(instance, all.get(instance.id));
            seen.push([instance.id, access]);
          }
          cursor = page.next;
        }
        assert.deepEqual(seen, order, `by ${limit}`);
      }
      const ids = async (filter: Parameters<typeof instances.listVisible>[1]) => (await instances.listVisible(ada.id, filter, { limit: 50 })).items.map(({ instance }) => instance.id);
      const visible = order.map(([id]) => id);
      assert.deepEqual(await ids({ type: 'postgresql' }), visible.filter((id) => all.get(id)!.type === 'postgresql'));
      assert.deepEqual(await ids({ search: 'N1' }), visible.filter((id) => all.get(id)!.name.startsWith('n1')));
      assert.deepEqual(await ids({ phase: 'running' }), []);
      assert.deepEqual((await instances.list({ ownerId: ada.id }, { limit: 50 })).items.length, 4, 'what one owns is still told apart');
      await failure(instances.listVisible(ada.id, {}, { limit: 5, cursor: 'x' }), 'invalid_request');
      assert.deepEqual((await instances.listVisible('nobody', {}, { limit: 5 })), { items: [], next: null });
    });

    test('events concern the owner, those with whom it is shared by now, and by name who lost it; who else has it only the owner', async () => {
      await using under = await open();
      const { shares, events, instances } = under.store;
      const [ada, eve, joe] = [await addUser(under.store), await addUser(under.store), await addUser(under.store)];
      const { id } = await addInstance(under.store, ada);
      const other = await addInstance(under.store, eve);
      const start = await events.lastId();
      const happened = (message: string) => instances.change(id, { name: message }, { event: { type: 'instance.changed', message, data: {} } });
      const heard = async (userId: string, after = start, limit = 99) => (await events.listConcerning(userId, { after, limit })).map(({ type, message }) => (type === 'instance.changed' ? message : `${type} ${message.includes(eve.username) ? 'eve' : 'joe'}`));
      await happened('one');
      assert.deepEqual([await heard(ada.id), await heard(eve.id)], [['one'], []]);
      await shares.put(id, eve.id, 'viewer', BY);
      await happened('two');
      await shares.put(id, joe.id, 'viewer', BY);
      assert.deepEqual(await heard(ada.id), ['one', 'instance.shared eve', 'two', 'instance.shared joe']);
      assert.deepEqual(await heard(eve.id), ['one', 'instance.shared eve', 'two'], 'also what was before, as in the history');
      assert.deepEqual(await heard(eve.id, start, 2), ['one', 'instance.shared eve'], 'the oldest first');
      await shares.remove(id, eve.id, { by: 'ada' });
      await happened('three');
      assert.deepEqual(await heard(eve.id), ['instance.shared eve', 'instance.unshared eve'], 'no more than that, also of what was before');
      assert.deepEqual(await heard(joe.id), ['one', 'two', 'instance.shared joe', 'three']);
      assert.equal(await events.behind({ concerning: eve.id }, { after: start, upTo: await events.lastId(), limit: 99 }), 2);
      assert.equal(await events.behind({ concerning: joe.id }, { after: start, upTo: await events.lastId(), limit: 99 }), 4);
      assert.equal(await events.behind({ concerning: joe.id }, { after: start, upTo: await events.lastId(), limit: 3 }), 3);
      assert.equal(await events.behind({}, { after: start, upTo: await events.lastId(), limit: 99 }), 6);
      assert.equal((await instances.get(other.id))?.id, other.id);
      under.clock.advance(1000);
      await events.forget({ before: under.clock.now(), limit: 99 });
      assert.deepEqual(await events.addressees(Array.from({ length: 50 }, (_, index) => index)), new Map(), 'what is forgotten is addressed to nobody');
    });
  });
}
