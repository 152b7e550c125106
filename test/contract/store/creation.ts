import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDbmakerError } from '../../../src/domain/errors.ts';
import type { Store } from '../../../src/domain/ports/store.ts';
import { addInstance, addUser, failure, MB, newInstance, RANGE, TEMPLATE } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

export function creationContract(open: OpenStore): void {
  describe('creating an instance', () => {
    test('keeps everything it was given and begins as pending, generation 1', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const port = await under.store.ports.reserve(RANGE, 1000);
      const wish = newInstance(user, port, { name: 'Ü "orders" \\ \'; drop table instances; --', spec: { desired: 'stopped', sleepAfterMs: 1, removeAfterMs: null } });
      const created = await under.store.instances.create(wish);
      const now = under.clock.now();
      assert.deepEqual(created, {
        ...wish,
        spec: { ...wish.spec, generation: 1, restarts: 0, template: TEMPLATE },
        status: {
          phase: 'pending', since: now, observedGeneration: 0, restarts: 0, reason: null, progress: null, attempts: 0, nextTryAt: null,
          endpoint: null, startedAt: null, provisioned: false, crashes: [], version: null,
        },
        health: null,
        createdAt: now,
        updatedAt: now,
      });
      const others = await under.another();
      assert.deepEqual(await others.instances.get(created.id), created);
      assert.deepEqual(await others.instances.getBySlug(created.slug), created);
      assert.deepEqual(await others.instances.getByPort(created.port), created);
      const [event, ...more] = await others.events.list({ instanceId: created.id }, { limit: 9 });
      assert.deepEqual([event?.type, event?.ownerId, more.length], ['instance.created', user.id, 0]);
      assert.equal(await others.instances.get('nothing'), null);
      assert.equal(await others.instances.getByPort(1), null);
    });

    test('is refused over the quota, in words, and leaves no trace', async () => {
      await using under = await open();
      const user = await addUser(under.store, { instances: 2, memoryBytes: 1000 * MB, cpus: 1 });
      const create = (memoryBytes: number, cpus: number) => addInstance(under.store, user, { spec: { resources: { memoryBytes, cpus, pids: 10 } } });
      assert.match((await failure(create(1001 * MB, 0.1), 'quota_exceeded')).userText, /needs 1001 MB of memory; 1000 MB of your 1000 MB are left/);
      assert.match((await failure(create(1 * MB, 1.1), 'quota_exceeded')).userText, /needs 1.1 CPUs; 1 of your 1 are left/);
      await create(600 * MB, 0.9);
      assert.match((await failure(create(401 * MB, 0.1), 'quota_exceeded')).userText, /400 MB of your 1000 MB are left/);
      await create(400 * MB, 0.1);
      assert.match((await failure(create(0, 0), 'quota_exceeded')).userText, /2 of 2 databases/);
      assert.equal((await under.store.events.list({ ownerId: user.id }, { limit: 99 })).length, 2);
      assert.equal((await under.store.instances.overview()).length, 2);
    });

    test('never exceeds the quota, also when a hundred are asked for at once', async () => {
      await using under = await open();
      const user = await addUser(under.store, { instances: 7 });
      const stores: Store[] = [under.store, await under.another()];
      const results = await Promise.allSettled(Array.from({ length: 100 }, (_, index) => addInstance(stores[index % 2]!, user)));
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 7);
      for (const result of results) assert.ok(result.status === 'fulfilled' || isDbmakerError(result.reason, 'quota_exceeded'));
      assert.equal((await under.store.instances.list({ ownerId: user.id }, { limit: 99 })).items.length, 7);
    });

    for (const [what, quota] of [['memory', { memoryBytes: 5 * 256 * MB + 1 }], ['CPUs', { cpus: 2.6 }]] as const) {
      test(`never exceeds the quota of ${what}, also when a hundred are asked for at once`, async () => {
        await using under = await open();
        const user = await addUser(under.store, quota);
        const stores: Store[] = [under.store, await under.another()];
        const results = await Promise.allSettled(Array.from({ length: 100 }, (_, index) => addInstance(stores[index % 2]!, user)));
        assert.equal(results.filter((result) => result.status === 'fulfilled').length, 5);
        for (const result of results) assert.ok(result.status === 'fulfilled' || isDbmakerError(result.reason, 'quota_exceeded'));
        assert.deepEqual(await under.store.users.usage(user.id), { instances: 5, memoryBytes: 5 * 256 * MB, cpus: 2.5 });
      });
    }

    test('one that is being deleted counts for no quota and keeps no name', async () => {
      await using under = await open();
      const user = await addUser(under.store, { instances: 1 });
      const first = await addInstance(under.store, user, { name: 'orders' });
      await failure(addInstance(under.store, user), 'quota_exceeded');
      await under.store.instances.change(first.id, { desired: 'deleted' });
      await addInstance(under.store, user, { name: 'orders' });
    });

    test('a name is given once per owner, also when two ask at once', async () => {
      await using under = await open();
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const others = await under.another();
      const results = await Promise.allSettled([under.store, others, under.store].map((store) => addInstance(store, ada, { name: 'orders' })));
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
      assert.deepEqual((await failure(addInstance(under.store, ada, { name: 'orders' }), 'name_taken')).fields, { '/name': 'is taken' });
      await addInstance(under.store, eve, { name: 'orders' });
    });

    test('a taken id or slug is a conflict and changes nothing', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const first = await addInstance(under.store, user);
      await failure(addInstance(under.store, user, { id: first.id, name: 'other' }), 'conflict');
      await failure(addInstance(under.store, user, { slug: first.slug }), 'conflict');
      assert.deepEqual(await under.store.instances.get(first.id), first);
      assert.equal((await under.store.events.list({}, { limit: 9 })).length, 1);
    });

    test('a port that is not reserved, or no longer, is a conflict', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      await failure(addInstance(under.store, user, { port: 10500 }), 'conflict');
      const port = await under.store.ports.reserve(RANGE, 1000);
      under.clock.advance(1000);
      await failure(addInstance(under.store, user, { port }), 'conflict');
      const { port: taken } = await addInstance(under.store, user);
      await failure(addInstance(under.store, user, { port: taken }), 'conflict');
    });

    test('a reservation survives a refused creation', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      await addInstance(under.store, user, { name: 'orders' });
      const port = await under.store.ports.reserve(RANGE, 1000);
      await failure(addInstance(under.store, user, { name: 'orders', port }), 'name_taken');
      assert.equal((await addInstance(under.store, user, { port })).port, port);
    });

    test('an owner who does not exist gets none', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      await failure(addInstance(under.store, { ...user, id: 'nobody' }), 'not_found');
    });
  });
}
