import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Instance } from '../../../src/domain/instance/instance.ts';
import type { InstanceFilter, Store } from '../../../src/domain/ports/store.ts';
import { addInstance, addUser, failure, MB } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

async function allPages(store: Store, filter: InstanceFilter, limit: number): Promise<Instance[]> {
  const all: Instance[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 100; pages += 1) {
    const page = await store.instances.list(filter, cursor === null ? { limit } : { limit, cursor });
    assert.ok(page.items.length <= limit);
    all.push(...page.items);
    if (page.next === null) return all;
    cursor = page.next;
  }
  assert.fail('the list does not end');
}

export function listContract(open: OpenStore): void {
  describe('lists of instances', () => {
    test('come in pages, newest first, each row once, also when many were made in the same millisecond', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const made: Instance[] = [];
      for (let index = 0; index < 11; index += 1) {
        made.push(await addInstance(under.store, user));
        if (index % 4 === 3) under.clock.advance(1);
      }
      const expected = made.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
      for (const limit of [1, 3, 11, 50]) assert.deepEqual(await allPages(under.store, {}, limit), expected);
    });

    test('several are read at once by their ids, without those that are gone', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const made = [await addInstance(under.store, user), await addInstance(under.store, user), await addInstance(under.store, user)];
      const ids = made.map(({ id }) => id);
      assert.deepEqual(await under.store.instances.some([]), []);
      const read = await under.store.instances.some([ids[2] ?? '', 'nothing', ids[0] ?? '']);
      assert.deepEqual(read.toSorted((a, b) => (a.id < b.id ? -1 : 1)), [made[0], made[2]].toSorted((a, b) => ((a?.id ?? '') < (b?.id ?? '') ? -1 : 1)));
    });

    test('a page goes on where the last one ended although rows came and went meanwhile', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const made: string[] = [];
      for (let index = 0; index < 6; index += 1) {
        made.unshift((await addInstance(under.store, user)).id);
        under.clock.advance(1);
      }
      const first = await under.store.instances.list({}, { limit: 2 });
      await addInstance(under.store, user);
      const lease = await under.store.instances.acquireLease(made[1]!, 'worker', 1000);
      await under.store.instances.close(lease!, { quarantineUntil: 0 });
      const second = await under.store.instances.list({}, { limit: 9, cursor: first.next! });
      assert.deepEqual([...first.items, ...second.items].map(({ id }) => id), made);
    });

    test('are filtered by owner, type and phase together', async () => {
      await using under = await open();
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const redis = await addInstance(under.store, ada);
      const postgresql = await addInstance(under.store, ada, { type: 'postgresql' });
      const foreign = await addInstance(under.store, eve);
      const ids = async (filter: InstanceFilter) => (await under.store.instances.list(filter, { limit: 9 })).items.map(({ id }) => id).sort();
      assert.deepEqual(await ids({}), [redis.id, postgresql.id, foreign.id].sort());
      assert.deepEqual(await ids({ ownerId: ada.id }), [redis.id, postgresql.id].sort());
      assert.deepEqual(await ids({ ownerId: ada.id, type: 'redis' }), [redis.id]);
      const lease = await under.store.instances.acquireLease(redis.id, 'worker', 1000);
      await under.store.instances.report(lease!, { phase: 'running' });
      assert.deepEqual(await ids({ phase: 'running' }), [redis.id]);
      assert.deepEqual(await ids({ ownerId: eve.id, phase: 'running' }), []);
    });

    test('are searched for a part of name or slug, where % and _ and quotes are only characters', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const [orders, percent, quote] = [
        await addInstance(under.store, user, { name: 'My Orders' }), await addInstance(under.store, user, { name: '100%_\\' }), await addInstance(under.store, user, { name: "it's" }),
      ];
      const ids = async (search: string) => (await under.store.instances.list({ search }, { limit: 9 })).items.map(({ id }) => id);
      assert.deepEqual(await ids('orders'), [orders.id]);
      assert.deepEqual(await ids('ORD'), [orders.id]);
      assert.deepEqual(await ids(percent.slug), [percent.id]);
      assert.deepEqual(await ids('%'), [percent.id]);
      assert.deepEqual(await ids('_\\'), [percent.id]);
      assert.deepEqual(await ids("'"), [quote.id]);
      assert.deepEqual(await ids("' or 1=1 --"), []);
      assert.equal((await ids('')).length, 3);
    });

    test('a cursor that the list never gave out is refused', async () => {
      await using under = await open();
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      for (const cursor of ['', 'x', '%', 'null', encode(null), encode([1]), encode(['1', 'a']), encode([1, 2]), encode([1, "a' or 1=1"]), encode([2 ** 60, 'a']), encode([1, 'a'.repeat(10_000)])]) {
        await failure(under.store.instances.list({}, { limit: 5, cursor }), 'invalid_request');
        await failure(under.store.users.list({ limit: 5, cursor }), 'invalid_request');
      }
    });

    test('the overview and the totals tell what is promised', async () => {
      await using under = await open();
      assert.deepEqual(await under.store.instances.totals(), { byPhase: {}, memoryBytes: 0, cpus: 0 });
      const user = await addUser(under.store);
      const [one, two, three] = [await addInstance(under.store, user), await addInstance(under.store, user), await addInstance(under.store, user)];
      const lease = await under.store.instances.acquireLease(one.id, 'worker', 1000);
      await under.store.instances.report(lease!, { phase: 'running', observedGeneration: 1, nextTryAt: 5 });
      await under.store.instances.change(three.id, { desired: 'deleted' });
      const overview = await under.store.instances.overview();
      assert.deepEqual(overview.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((row) => ({ ...row })), [
        { id: one.id, desired: 'running', phase: 'running', generation: 1, observedGeneration: 1, nextTryAt: 5, port: one.port },
        { id: two.id, desired: 'running', phase: 'pending', generation: 1, observedGeneration: 0, nextTryAt: null, port: two.port },
        { id: three.id, desired: 'deleted', phase: 'pending', generation: 2, observedGeneration: 0, nextTryAt: null, port: three.port },
      ]);
      assert.deepEqual(await under.store.instances.totals(), { byPhase: { running: 1, pending: 2 }, memoryBytes: 512 * MB, cpus: 1 });
    });
  });
}
