import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GatewayUse } from '../../../src/domain/gateway/activity.ts';
import { addInstance, addUser } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const ALIVE_MS = 30_000;

export function activityContract(open: OpenStore): void {
  const use = (instanceId: string, change: Partial<GatewayUse> = {}): GatewayUse => ({ instanceId, open: 1, sessions: 1, connections: 1, bytesIn: 10, bytesOut: 100, lastUsedAt: 5, ...change });

  describe('activity', () => {
    test('is null before the first use, then the sum of what was added, with what is open now', async () => {
      await using under = await open();
      const { activity } = under.store;
      const user = await addUser(under.store);
      const [one, other] = [await addInstance(under.store, user), await addInstance(under.store, user)];
      assert.equal(await activity.get(one.id, ALIVE_MS), null);
      await activity.report('g1', [use(one.id, { open: 3 })]);
      await activity.report('g1', [use(one.id, { open: 0, connections: 0, bytesIn: 2 ** 40, lastUsedAt: 4 })]);
      assert.deepEqual(await activity.get(one.id, ALIVE_MS), { open: 0, connections: 1, bytesIn: 2 ** 40 + 10, bytesOut: 200, lastUsedAt: 5 });
      assert.equal(await activity.get(other.id, ALIVE_MS), null);
    });

    test('of several gateways adds up, however many report at once', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const ids = [(await addInstance(under.store, user)).id, (await addInstance(under.store, user)).id];
      const stores = [under.store, await under.another(), await under.another()];
      await Promise.all(Array.from({ length: 30 }, (_, index) => {
        const uses = ids.map((id) => use(id, { open: 2, lastUsedAt: index }));
        return stores[index % 3]!.activity.report(`g${String(index % 3)}`, index % 2 === 0 ? uses : uses.reverse());
      }));
      const now = under.clock.now();
      for (const id of ids) assert.deepEqual(await under.store.activity.get(id, ALIVE_MS), { open: 6, connections: 30, bytesIn: 300, bytesOut: 3000, lastUsedAt: now });
    });

    test('what is open counts while its gateway reports anything at all, and as used until then', async () => {
      await using under = await open();
      const { activity } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      await activity.report('g1', [use(id, { open: 2 })]);
      await activity.report('g2', [use(id, { open: 1 })]);
      under.clock.advance(ALIVE_MS);
      await activity.report('g1', []);
      const reportedAt = under.clock.now();
      assert.deepEqual((await activity.get(id, ALIVE_MS))?.open, 3);
      under.clock.advance(1);
      assert.deepEqual(await activity.get(id, ALIVE_MS), { open: 2, connections: 2, bytesIn: 20, bytesOut: 200, lastUsedAt: reportedAt });
      under.clock.advance(ALIVE_MS);
      assert.deepEqual(await activity.get(id, ALIVE_MS), { open: 0, connections: 2, bytesIn: 20, bytesOut: 200, lastUsedAt: 5 });
    });

    test('a gateway that ends has nothing open any more, and what it counted stays', async () => {
      await using under = await open();
      const { activity } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      for (let start = 1; start <= 3; start += 1) {
        await activity.report(`g${String(start)}`, [use(id, { lastUsedAt: start, open: 0, sessions: 0 })]);
        await activity.retire(`g${String(start)}`);
        await activity.retire(`g${String(start)}`);
      }
      await activity.retire('unheard-of');
      assert.deepEqual(await activity.get(id, ALIVE_MS), { open: 0, connections: 3, bytesIn: 30, bytesOut: 300, lastUsedAt: 3 });
      await activity.report('g4', [use(id, { lastUsedAt: 1 })]);
      assert.deepEqual(await activity.get(id, ALIVE_MS), { open: 1, connections: 4, bytesIn: 40, bytesOut: 400, lastUsedAt: under.clock.now() });
    });

    test('of one that was killed with an idle session the last use is when it was last heard of, also once it is folded with others', async () => {
      await using under = await open();
      const { activity, instances } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      const idle = await addInstance(under.store, await addUser(under.store));
      const lastUse = async (instanceId: string) => (await instances.policySubjects(ALIVE_MS, instanceId))[0]?.lastUsedAt;
      await activity.report('killed', [use(id, { lastUsedAt: 5 }), use(idle.id, { lastUsedAt: 5, sessions: 0 })]);
      under.clock.advance(3_600_000);
      await activity.report('killed', []);
      const heardAt = under.clock.now();
      under.clock.advance(ALIVE_MS + 1);
      assert.deepEqual([await lastUse(id), await lastUse(idle.id)], [heardAt, 5], 'a connection that is not logged in is no use');
      await activity.fold(under.clock.now());
      assert.deepEqual([await lastUse(id), await lastUse(idle.id)], [heardAt, 5]);
      assert.equal((await instances.policySubjects(ALIVE_MS, id))[0]?.sessions, 0);
    });

    test('a gateway that was killed while the clock was a year ahead has nothing open once that is put right', async () => {
      await using under = await open();
      const { activity, instances } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      under.clock.advance(365 * 86_400_000);
      await activity.report('killed', [use(id)]);
      under.clock.advance(-365 * 86_400_000);
      const [subject] = await instances.policySubjects(ALIVE_MS, id);
      assert.deepEqual([subject?.open, subject?.sessions, (await activity.get(id, ALIVE_MS))?.open], [0, 0, 0]);
    });

    test('those that were killed are folded together once they have been silent for long, those that report are not', async () => {
      await using under = await open();
      const { activity } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      await activity.report('killed', [use(id)]);
      under.clock.advance(1000);
      await activity.report('alive', [use(id)]);
      await activity.fold(under.clock.now());
      await activity.fold(under.clock.now());
      under.clock.advance(-1000); // as if both were alive: what was folded is not open any more
      assert.deepEqual(await activity.get(id, ALIVE_MS), { open: 1, connections: 2, bytesIn: 20, bytesOut: 200, lastUsedAt: under.clock.now() + 1000 });
      await activity.report('killed', [use(id)]); // it was only slow: goes on from nothing
      assert.deepEqual((await activity.get(id, ALIVE_MS)), { open: 2, connections: 3, bytesIn: 30, bytesOut: 300, lastUsedAt: under.clock.now() + 1000 });
    });

    test('of instances that are gone nothing is kept, and the rest of the report is', async () => {
      await using under = await open();
      const { activity, instances } = under.store;
      const user = await addUser(under.store);
      const [gone, left] = [await addInstance(under.store, user), await addInstance(under.store, user)];
      await activity.report('g1', [use(gone.id), use(left.id)]);
      await activity.report('g2', [use(gone.id)]);
      await activity.retire('g2');
      const lease = await instances.acquireLease(gone.id, 'worker', 1000);
      await instances.close(lease!, { quarantineUntil: 0 });
      assert.equal(await activity.get(gone.id, ALIVE_MS), null);
      await activity.report('g1', [use(gone.id), use('nothing'), use(left.id)]);
      assert.deepEqual([await activity.get(gone.id, ALIVE_MS), await activity.get('nothing', ALIVE_MS)], [null, null]);
      assert.equal((await activity.get(left.id, ALIVE_MS))?.connections, 2);
      await activity.report('g1', [use('nothing')]);
    });

    test('a report holds any number of instances', async () => {
      await using under = await open();
      const { activity } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      await activity.report('g1', [...Array.from({ length: 2345 }, (_, index) => use(`z${String(index)}`)), use(id)]);
      assert.equal((await activity.get(id, ALIVE_MS))?.connections, 1);
    });
  });
}
