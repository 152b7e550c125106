import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GatewayUse } from '../../../src/domain/gateway/activity.ts';
import { STEP_MS, stepBegin } from '../../../src/domain/monitoring/pulse.ts';
import { addInstance, addUser } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const bytes = (instanceId: string, bytesIn: number, bytesOut = 0): GatewayUse => ({ instanceId, open: 0, sessions: 0, connections: 1, bytesIn, bytesOut, lastUsedAt: 5 });
const day = (...last: number[]): number[] => [...Array.from({ length: 48 - last.length }, () => 0), ...last];

export function pulseContract(open: OpenStore): void {
  describe('the pulse', () => {
    test('is what went through all gateways in each half hour, of those at which anything went on', async () => {
      await using under = await open();
      const { activity, pulses } = under.store;
      const [ann, bob] = [await addUser(under.store), await addUser(under.store)];
      const [one, other, idle] = [await addInstance(under.store, ann), await addInstance(under.store, bob), await addInstance(under.store, ann)];
      await pulses.note(); // from now on
      assert.deepEqual(await pulses.ofLastDay(null), new Map());
      await activity.report('g1', [bytes(one.id, 10, 5), bytes(other.id, 1), bytes(idle.id, 0)]);
      await activity.report('g2', [bytes(one.id, 100)]);
      await pulses.note();
      await pulses.note();
      assert.deepEqual(await pulses.ofLastDay(null), new Map([[one.id, day(115)], [other.id, day(1)]]));
      assert.deepEqual(await pulses.ofLastDay(ann.id), new Map([[one.id, day(115)]]));
      under.clock.advance(STEP_MS);
      await activity.retire('g2');
      await activity.report('g1', [bytes(one.id, 7)]);
      await pulses.note();
      assert.deepEqual(await pulses.ofLastDay(ann.id), new Map([[one.id, day(115, 7)]]));
      assert.deepEqual(await pulses.ofLastDay(bob.id), new Map([[other.id, day(1, 0)]]));
      await under.store.shares.put(one.id, bob.id, 'viewer', { by: ann.username, limit: 9 });
      assert.deepEqual(await pulses.ofLastDay(bob.id), new Map([[one.id, day(115, 7)], [other.id, day(1, 0)]]));
      await under.store.shares.remove(one.id, bob.id, { by: ann.username });
      assert.deepEqual(await pulses.ofLastDay(bob.id), new Map([[other.id, day(1, 0)]]));
      under.clock.advance(48 * STEP_MS);
      assert.deepEqual(await pulses.ofLastDay(null), new Map());
    });

    test('what was there before anybody noted is no beat of now; of what comes later every byte counts', async () => {
      await using under = await open();
      const { activity, pulses } = under.store;
      const user = await addUser(under.store);
      const [old, late] = [await addInstance(under.store, user), await addInstance(under.store, user)];
      await activity.report('g1', [bytes(old.id, 1e9)]);
      await pulses.note();
      await activity.report('g1', [bytes(old.id, 3), bytes(late.id, 8)]);
      await (await under.another()).pulses.note();
      assert.deepEqual(await pulses.ofLastDay(null), new Map([[old.id, day(3)], [late.id, day(8)]]));
    });

    test('beats are those noted since; one that is gone has none', async () => {
      await using under = await open();
      const { activity, pulses, instances } = under.store;
      const user = await addUser(under.store);
      const [one, other] = [await addInstance(under.store, user), await addInstance(under.store, user)];
      await pulses.note();
      await activity.report('g1', [bytes(one.id, 1), bytes(other.id, 2)]);
      await pulses.note();
      under.clock.advance(1000);
      const since = under.clock.now();
      await activity.report('g1', [bytes(other.id, 3)]);
      await pulses.note();
      const at = stepBegin(since);
      assert.deepEqual(await pulses.beats(since), [{ instanceId: other.id, ownerId: user.id, at, bytes: 5 }]);
      assert.equal((await pulses.beats(0)).length, 2);
      const lease = (await instances.acquireLease(other.id, 'w', 1000))!;
      await instances.close(lease, { quarantineUntil: 0 });
      await pulses.note();
      assert.deepEqual((await pulses.beats(0)).map(({ instanceId }) => instanceId), [one.id]);
    });

    test('several workers that note at once count each byte once', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const { id } = await addInstance(under.store, user);
      const stores = [under.store, await under.another(), await under.another()];
      await under.store.pulses.note();
      for (let round = 1; round <= 5; round += 1) {
        await Promise.all([under.store.activity.report('g1', [bytes(id, 10)]), ...stores.map(({ pulses }) => pulses.note())]);
      }
      await Promise.all(stores.map(({ pulses }) => pulses.note()));
      assert.deepEqual([...(await under.store.pulses.ofLastDay(null)).values()], [day(50)]);
    });
  });
}
