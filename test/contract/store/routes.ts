import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { routeOf } from '../../../src/domain/instance/route.ts';
import type { InstanceRoute } from '../../../src/domain/instance/route.ts';
import type { Store } from '../../../src/domain/ports/store.ts';
import { addInstance, addUser, MB, TEMPLATE } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const byId = (routes: readonly InstanceRoute[]): InstanceRoute[] => routes.toSorted((a, b) => (a.id < b.id ? -1 : 1));

async function report(store: Store, id: string, status: Parameters<Store['instances']['report']>[1]): Promise<void> {
  const lease = await store.instances.acquireLease(id, 'worker', 1000);
  assert.equal(await store.instances.report(lease!, status, { volatile: true }), true);
}

export function routeContract(open: OpenStore): void {
  describe('routes', () => {
    test('tell of every row what the gateway has to know', async () => {
      await using under = await open();
      const { instances } = under.store;
      assert.deepEqual(await instances.routes(), []);
      const user = await addUser(under.store);
      const access = { tlsOnly: true, allow: ['10.0.0.0/8'] };
      const redis = await addInstance(under.store, user, { spec: { access } });
      const generic = await addInstance(under.store, user, { type: 'queue', engine: 'generic', spec: { template: { ...TEMPLATE, type: 'queue' } } });
      const web = await addInstance(under.store, user, { type: 'web', engine: 'generic', spec: { template: { ...TEMPLATE, type: 'web', protocol: 'http' } } });
      const endpoint = { kind: 'unix', directory: '/run/x', name: 'redis.sock' } as const;
      await report(under.store, redis.id, { phase: 'running', endpoint, reason: { code: 'crash_loop', message: 'It ended.', logTail: 'x' }, nextTryAt: 7 });
      const routes = byId(await instances.routes());
      assert.deepEqual(routes, byId([redis, generic, web].map((instance) => routeOf(instance))).map((route) => (
        route.id === redis.id ? { ...route, phase: 'running', endpoint, reason: 'It ended.', nextTryAt: 7, updatedAt: routes.find(({ id }) => id === redis.id)!.updatedAt } : route
      )));
      assert.deepEqual(routes.map(({ protocol }) => protocol), ['redis', 'tcp', 'http']);
      assert.deepEqual(routes[0]?.access, access);
    });

    test('since a moment are those that were changed or reported on at it or later', async () => {
      await using under = await open();
      const { instances } = under.store;
      const user = await addUser(under.store);
      const [one, two, three] = [await addInstance(under.store, user), await addInstance(under.store, user), await addInstance(under.store, user)];
      const since = async (changedSince: number) => (await instances.routes({ changedSince })).map(({ id }) => id).sort();
      assert.deepEqual(await since(under.clock.now()), [one.id, two.id, three.id]);
      under.clock.advance(10);
      assert.deepEqual(await since(under.clock.now()), []);
      await instances.change(two.id, { access: { tlsOnly: true, allow: [] } });
      await report(under.store, three.id, { phase: 'running' });
      assert.deepEqual(await since(under.clock.now()), [two.id, three.id]);
      await instances.change(one.id, { desired: 'deleted' });
      const routes = await instances.routes({ changedSince: under.clock.now() });
      assert.equal(routes.find(({ id }) => id === one.id)?.desired, 'deleted');
      const lease = await instances.acquireLease(one.id, 'worker', 1000);
      await instances.close(lease!, { quarantineUntil: 0 });
      assert.deepEqual(await since(0), [two.id, three.id]);
    });

    test('the time of change of a row rises with each change, also within a millisecond and when the clock is set back', async () => {
      await using under = await open();
      const { instances } = under.store;
      const { id, updatedAt } = await addInstance(under.store, await addUser(under.store));
      const times = [updatedAt];
      const seen = async () => times.push((await instances.get(id))!.updatedAt);
      for (const ms of [0, 0, -60_000, 0, 5]) {
        under.clock.advance(ms);
        await instances.change(id, { restart: true });
        await seen();
        await report(under.store, id, { attempts: 1 });
        await seen();
      }
      assert.deepEqual(times, [...new Set(times)].sort((a, b) => a - b));
      assert.deepEqual((await instances.routes({ changedSince: times.at(-1)! })).map((route) => route.id), [id]);
    });

    test('more than are read at once are all there, each once, and whoever changes them meanwhile is not held up', async () => {
      await using under = await open();
      const { instances } = under.store;
      const user = await addUser(under.store, { instances: 5000, memoryBytes: 5000 * 256 * MB, cpus: 5000 });
      const made: string[] = [];
      for (let index = 0; index < 850; index += 1) made.push((await addInstance(under.store, user)).id); // all in one millisecond
      const changes = (async () => {
        for (let index = 0; index < 30; index += 1) await instances.change(made[index * 7]!, { restart: true });
      })();
      const routes = await instances.routes();
      await changes;
      assert.deepEqual(routes.map(({ id }) => id).sort(), made.sort());
    });
  });
}
