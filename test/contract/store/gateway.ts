import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { routeOf } from '../../../src/domain/instance/route.ts';
import { addInstance, addUser, nextId } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const ALIVE_MS = 30_000;

export function gatewayContract(open: OpenStore): void {
  describe('for the gateway', () => {
    test('use is added up over processes; what is open counts only while its process reports', async () => {
      await using under = await open();
      const { activity } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      assert.equal(await activity.get(id, ALIVE_MS), null);
      const use = { instanceId: id, open: 2, connections: 3, bytesIn: 5_000_000_000, bytesOut: 7, lastUsedAt: 1000 };
      await activity.report('g1', [use]);
      await activity.report('g2', [{ ...use, open: 1, lastUsedAt: 3000 }]);
      await activity.report('g1', [{ ...use, open: 0, lastUsedAt: 2000 }]);
      assert.deepEqual(await activity.get(id, ALIVE_MS), { open: 1, connections: 9, bytesIn: 15_000_000_000, bytesOut: 21, lastUsedAt: 3000 });
      under.clock.advance(ALIVE_MS + 1);
      assert.equal((await activity.get(id, ALIVE_MS))?.open, 0);
    });

    test('what processes counted that are gone is kept as one sum, and nothing of it is open', async () => {
      await using under = await open();
      const { activity } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      const use = { instanceId: id, open: 2, connections: 1, bytesIn: 10, bytesOut: 20, lastUsedAt: 1000 };
      for (const gateway of ['g1', 'g2', 'g3']) await activity.report(gateway, [use]);
      await activity.retire('g1');
      await activity.retire('g1');
      under.clock.advance(10_000);
      await activity.report('g3', [use]);
      await activity.fold(under.clock.now() - 5000);
      assert.deepEqual(await activity.get(id, ALIVE_MS), { open: 2, connections: 4, bytesIn: 40, bytesOut: 80, lastUsedAt: 1000 });
    });

    test('many processes report at once and lose nothing; an instance that is gone is not counted, nor are its counts kept', async () => {
      await using under = await open();
      const stores = [under.store, await under.another(), await under.another()];
      const { id } = await addInstance(under.store, await addUser(under.store));
      const use = { open: 0, connections: 1, bytesIn: 1, bytesOut: 2, lastUsedAt: 1 };
      await Promise.all(Array.from({ length: 30 }, (_, index) => stores[index % 3]!.activity.report(`g${index % 5}`, [{ instanceId: id, ...use }, { instanceId: nextId(), ...use }])));
      assert.deepEqual(await under.store.activity.get(id, ALIVE_MS), { open: 0, connections: 30, bytesIn: 30, bytesOut: 60, lastUsedAt: 1 });
      const lease = await under.store.instances.acquireLease(id, 'w', 10_000);
      assert.ok(lease);
      await under.store.instances.close(lease, { quarantineUntil: 0 });
      assert.equal(await under.store.activity.get(id, ALIVE_MS), null);
      await under.store.activity.report('g1', [{ instanceId: id, ...use }]);
      assert.equal(await under.store.activity.get(id, ALIVE_MS), null);
    });

    test('routes tell what is wanted and where it is; asked for changes, only what changed since then', async () => {
      await using under = await open();
      const { instances } = under.store;
      const user = await addUser(under.store);
      const [one, two] = [await addInstance(under.store, user), await addInstance(under.store, user)];
      assert.deepEqual((await instances.routes()).sort((a, b) => (a.id < b.id ? -1 : 1)), [one, two].map(routeOf));
      under.clock.advance(1000);
      const since = under.clock.now();
      assert.deepEqual(await instances.routes({ changedSince: since }), []);
      const access = { tlsOnly: true, allow: ['10.0.0.0/8'] };
      await instances.change(two.id, { access });
      const lease = await instances.acquireLease(one.id, 'w', 10_000);
      assert.ok(lease);
      assert.deepEqual((await instances.routes({ changedSince: since })).map((route) => [route.id, route.access]), [[two.id, access]], 'a claim changes no route');
      await instances.report(lease, { phase: 'running', endpoint: { kind: 'tcp', host: '127.0.0.1', port: 1 } });
      const routes = new Map((await instances.routes({ changedSince: since })).map((route) => [route.id, route]));
      assert.deepEqual([routes.get(one.id)?.phase, routes.get(one.id)?.endpoint], ['running', { kind: 'tcp', host: '127.0.0.1', port: 1 }]);
      assert.equal(routes.size, 2);
    });

    test('events are found by their type, and the last id is known', async () => {
      await using under = await open();
      const { events } = under.store;
      assert.equal(await events.lastId(), 0);
      const event = { instanceId: 'a1', ownerId: 'u1', message: '', data: {} };
      await events.append({ ...event, type: 'instance.running' });
      const deleted = await events.append({ ...event, type: 'instance.deleted' });
      const last = await events.append({ ...event, type: 'instance.running' });
      assert.equal(await events.lastId(), last.id);
      assert.deepEqual(await events.list({ type: 'instance.deleted' }, { limit: 10 }), [deleted]);
      assert.deepEqual(await events.list({ type: 'instance.deleted' }, { after: deleted.id, limit: 10 }), []);
    });
  });
}
