import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addInstance, addUser, failure, MB } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

export function changeContract(open: OpenStore): void {
  describe('changing an instance', () => {
    test('applies what is named, raises the generation and writes the event', async () => {
      await using under = await open();
      const instance = await addInstance(under.store, await addUser(under.store));
      under.clock.advance(10);
      const resources = { memoryBytes: 512 * MB, cpus: 2, pids: 7 };
      const access = { tlsOnly: true, allow: ['10.0.0.0/8', '2001:db8::/32'] };
      const changed = await under.store.instances.change(instance.id,
        { desired: 'stopped', restart: true, resources, sleepAfterMs: 5, removeAfterMs: null, access, name: 'new', nextPassword: 'sealed' },
        { event: { type: 'instance.changed', message: 'Changed.', data: { by: 'ada' } } });
      assert.deepEqual(changed, {
        ...instance, name: 'new', updatedAt: under.clock.now(), secrets: { ...instance.secrets, nextPassword: 'sealed' },
        spec: { ...instance.spec, desired: 'stopped', generation: 2, restarts: 1, resources, sleepAfterMs: 5, removeAfterMs: null, access },
      });
      assert.deepEqual(await under.store.instances.get(instance.id), changed);
      assert.deepEqual((await under.store.events.list({ instanceId: instance.id }, { limit: 9 })).map(({ type }) => type), ['instance.created', 'instance.changed']);
      const started = await under.store.instances.change(instance.id, { desired: 'running', access: {} });
      assert.deepEqual(started.spec, { ...changed.spec, desired: 'running', generation: 3 });
    });

    test('who may connect is changed member by member, so that two changes at once are both applied', async () => {
      await using under = await open();
      const { id } = await addInstance(under.store, await addUser(under.store));
      const others = await under.another();
      await Promise.all([under.store.instances.change(id, { access: { tlsOnly: true } }), others.instances.change(id, { access: { allow: ['10.0.0.7'] } })]);
      assert.deepEqual((await under.store.instances.get(id))?.spec.access, { tlsOnly: true, allow: ['10.0.0.7'] });
    });

    test('many at once are all applied', async () => {
      await using under = await open();
      const instance = await addInstance(under.store, await addUser(under.store));
      const stores = [under.store, await under.another()];
      await Promise.all(Array.from({ length: 40 }, (_, index) => stores[index % 2]!.instances.change(instance.id, { restart: true })));
      const spec = (await under.store.instances.get(instance.id))?.spec;
      assert.deepEqual([spec?.generation, spec?.restarts], [41, 40]);
    });

    test('a wake touches only one that sleeps', async () => {
      await using under = await open();
      const instance = await addInstance(under.store, await addUser(under.store));
      const event = { type: 'instance.waking', message: 'Waking.', data: {} };
      const wake = () => under.store.instances.change(instance.id, { desired: 'running' }, { event, onlyIfDesired: ['sleeping'] });
      assert.deepEqual(await wake(), instance);
      const stopped = await under.store.instances.change(instance.id, { desired: 'stopped' });
      assert.deepEqual(await wake(), stopped);
      await under.store.instances.change(instance.id, { desired: 'sleeping' });
      const woken = await Promise.all([wake(), wake(), wake()]);
      assert.deepEqual(woken.map(({ spec }) => [spec.desired, spec.generation]), [['running', 4], ['running', 4], ['running', 4]]);
      assert.equal((await under.store.events.list({ instanceId: instance.id }, { limit: 9 })).length, 2);
    });

    test('a deleted one stays deleted; deleting it again only asks for another look', async () => {
      await using under = await open();
      const instance = await addInstance(under.store, await addUser(under.store));
      const event = { type: 'instance.deleting', message: 'Deleting.', data: {} };
      await under.store.instances.change(instance.id, { desired: 'deleted' }, { event });
      for (const change of [{ desired: 'running' }, { restart: true }, { name: 'x' }, { nextPassword: 'x' }, {}] as const) {
        await failure(under.store.instances.change(instance.id, change, { event }), 'not_found');
      }
      await failure(under.store.instances.change(instance.id, { desired: 'running' }, { onlyIfDesired: ['sleeping'] }), 'not_found');
      const again = await under.store.instances.change(instance.id, { desired: 'deleted', name: 'x' }, { event });
      assert.deepEqual([again.spec.desired, again.name, again.spec.generation], ['deleted', instance.name, 3]);
      assert.equal((await under.store.events.list({ instanceId: instance.id }, { limit: 9 })).length, 2);
      await failure(under.store.instances.change('nothing', { desired: 'deleted' }), 'not_found');
    });

    test('a new name must be free, also when two want it at once', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const [one, two] = [await addInstance(under.store, user, { name: 'one' }), await addInstance(under.store, user, { name: 'two' })];
      await failure(under.store.instances.change(one.id, { name: 'two' }), 'name_taken');
      assert.equal((await under.store.instances.change(one.id, { name: 'one' })).name, 'one');
      const others = await under.another();
      const results = await Promise.allSettled([under.store.instances.change(one.id, { name: 'three' }), others.instances.change(two.id, { name: 'three' })]);
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    });

    test('more resources must fit the quota; fewer always do', async () => {
      await using under = await open();
      const user = await addUser(under.store, { memoryBytes: 1000 * MB, cpus: 2 });
      const instance = await addInstance(under.store, user, { spec: { resources: { memoryBytes: 500 * MB, cpus: 1, pids: 10 } } });
      await addInstance(under.store, user, { spec: { resources: { memoryBytes: 400 * MB, cpus: 0.5, pids: 10 } } });
      const resize = (memoryBytes: number, cpus: number) => under.store.instances.change(instance.id, { resources: { memoryBytes, cpus, pids: 10 } });
      await failure(resize(601 * MB, 1), 'quota_exceeded');
      await failure(resize(500 * MB, 1.6), 'quota_exceeded');
      await resize(600 * MB, 1.5);
      await under.store.users.update(user.id, { quota: { instances: 0, memoryBytes: 1, cpus: 0, backupBytes: 2 ** 40 } });
      await resize(599 * MB, 1.5);
      await failure(resize(600 * MB, 1), 'quota_exceeded');
    });

    test('of several rotations at once one begins, the others are told to wait', async () => {
      await using under = await open();
      const instance = await addInstance(under.store, await addUser(under.store));
      const results = await Promise.allSettled(['a', 'b', 'c'].map((nextPassword) => under.store.instances.change(instance.id, { nextPassword })));
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
      await failure(under.store.instances.change(instance.id, { nextPassword: 'd' }), 'conflict');
    });
  });
}
