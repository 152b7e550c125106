import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HEALTH_EVENT, HEALTH_KEPT } from '../../../src/domain/instance/event.ts';
import type { Health } from '../../../src/domain/monitoring/health.ts';
import type { Sample } from '../../../src/domain/monitoring/sample.ts';
import { addInstance, addUser } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const HOUR = 3_600_000;
const ALIVE_MS = 30_000;
const NOTHING: Sample = {
  cpus: null, memoryBytes: null, diskBytes: null, connections: null, bytesInRate: null, bytesOutRate: null, databaseBytes: null, keys: null, operationRate: null, hitRatio: null,
};
const HEALTHY: Health = { state: 'healthy', since: 5, message: null, failures: 0, restarted: false };

export function monitoringContract(open: OpenStore): void {
  describe('health', () => {
    test('is null until the monitor has looked, then what it saw, with its event', async () => {
      await using under = await open();
      const { instances, events } = under.store;
      const made = await addInstance(under.store, await addUser(under.store));
      assert.equal(made.health, null);
      const health: Health = { ...HEALTHY, state: 'unhealthy', message: 'It does not answer.', failures: 3 };
      assert.equal(await instances.reportHealth(made.id, health, [{ type: 'instance.unhealthy', message: 'x', data: {} }]), true);
      const seen = await instances.get(made.id);
      assert.deepEqual(seen?.health, health);
      assert.ok(seen.updatedAt > made.updatedAt);
      assert.deepEqual((await events.list({ type: 'instance.unhealthy' }, { limit: 9 })).map(({ instanceId, ownerId }) => [instanceId, ownerId]), [[made.id, made.ownerId]]);
      await instances.reportHealth(made.id, null);
      assert.equal((await instances.get(made.id))?.health, null);
      assert.equal(await instances.reportHealth('nobody', HEALTHY), false);
      await instances.change(made.id, { desired: 'deleted' });
      assert.equal(await instances.reportHealth(made.id, HEALTHY, [{ type: 'instance.unhealthy', message: 'x', data: {} }]), false);
      assert.equal((await events.list({ type: 'instance.unhealthy' }, { limit: 9 })).length, 1);
    });
  });

  describe('changes of health', () => {
    test('are events of which the newest are kept for each instance, whatever else happened', async () => {
      await using under = await open();
      const { instances, events } = under.store;
      const user = await addUser(under.store);
      const [flapping, calm] = [await addInstance(under.store, user), await addInstance(under.store, user)];
      await instances.reportHealth(calm.id, HEALTHY, [{ type: HEALTH_EVENT, message: 'calm', data: {} }]);
      for (let n = 0; n < 3 * HEALTH_KEPT; n += 1) {
        await instances.reportHealth(flapping.id, HEALTHY, [{ type: HEALTH_EVENT, message: String(n), data: {} }]);
        if (n % HEALTH_KEPT === 0) await instances.reportHealth(flapping.id, HEALTHY, [{ type: 'instance.unhealthy', message: 'x', data: {} }]);
      }
      const told = async (id: string, type: string): Promise<string[]> => (await events.list({ instanceId: id, type }, { limit: 99 })).map(({ message }) => message);
      assert.deepEqual(await told(flapping.id, HEALTH_EVENT), Array.from({ length: HEALTH_KEPT }, (_, n) => String(2 * HEALTH_KEPT + n)));
      assert.equal((await told(flapping.id, 'instance.unhealthy')).length, 3);
      assert.deepEqual([await told(calm.id, HEALTH_EVENT), (await told(flapping.id, 'instance.created')).length], [['calm'], 1]);
    });
  });

  describe('what the policies look at', () => {
    test('is every instance that is not being deleted, with its last use, wherever that was seen', async () => {
      await using under = await open();
      const { instances, activity } = under.store;
      const user = await addUser(under.store);
      const used = await addInstance(under.store, user);
      const other = await addInstance(under.store, user, { spec: { sleepAfterMs: 7, removeAfterMs: null } });
      const deleted = await addInstance(under.store, user);
      await instances.change(deleted.id, { desired: 'deleted' });
      const created = under.clock.now();
      await activity.report('g1', [{ instanceId: used.id, open: 2, sessions: 1, connections: 1, bytesIn: 1, bytesOut: 1, lastUsedAt: created + 5 }]);
      await activity.report('g2', [{ instanceId: used.id, open: 1, sessions: 0, connections: 1, bytesIn: 1, bytesOut: 1, lastUsedAt: created + 3 }]);
      const of = async (id: string) => (await instances.policySubjects(ALIVE_MS)).find((subject) => subject.id === id);
      assert.equal((await instances.policySubjects(ALIVE_MS)).length, 2);
      const usedNow = await of(used.id);
      assert.deepEqual(usedNow, {
        id: used.id, desired: 'running', phase: 'pending', createdAt: created, sleepAfterMs: null, removeAfterMs: 86_400_000, expiresAt: null, restoring: false, warnedAt: null,
        warnedFor: null, lastActionAt: created, lastUsedAt: created + 5, open: 3, sessions: 1,
      });
      assert.deepEqual([(await of(other.id))?.lastUsedAt, (await of(other.id))?.open, (await of(other.id))?.sleepAfterMs, (await of(other.id))?.removeAfterMs], [null, 0, 7, null]);
      under.clock.advance(ALIVE_MS + 1);
      assert.equal((await of(used.id))?.open, 0, 'of a gateway that was killed nothing is open');
    });

    test('an action of a person is a use; what a policy or a client that is not logged in does is none', async () => {
      await using under = await open();
      const { instances } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      const lastAction = async () => (await instances.policySubjects(ALIVE_MS))[0]?.lastActionAt;
      const created = under.clock.now();
      under.clock.advance(1000);
      await instances.change(id, { desired: 'sleeping' }, { isUse: false });
      assert.equal(await lastAction(), created);
      await instances.change(id, { expiresAt: created + HOUR, sleepAfterMs: 5, removeAfterMs: 6 });
      assert.equal(await lastAction(), created + 1000);
      const [subject] = await instances.policySubjects(ALIVE_MS);
      assert.deepEqual([subject?.expiresAt, subject?.sleepAfterMs, subject?.removeAfterMs], [created + HOUR, 5, 6]);
      assert.equal((await instances.get(id))?.spec.expiresAt, created + HOUR);
    });

    test('a warning is noted once it is told, and taken back; nobody warns of what is being deleted', async () => {
      await using under = await open();
      const { instances, events } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      const event = { type: 'instance.removal-warned', message: 'soon', data: {} };
      assert.equal(await instances.warn(id, { at: 77, because: 'unused' }, event), true);
      assert.equal((await instances.policySubjects(ALIVE_MS))[0]?.warnedAt, 77);
      await instances.warn(id, null, { ...event, type: 'instance.removal-averted' });
      assert.equal((await instances.policySubjects(ALIVE_MS))[0]?.warnedAt, null);
      assert.deepEqual((await events.list({ instanceId: id }, { limit: 9 })).map(({ type }) => type), ['instance.created', 'instance.removal-warned', 'instance.removal-averted']);
      await instances.change(id, { desired: 'deleted' });
      assert.equal(await instances.warn(id, { at: 78, because: 'unused' }, event), false);
    });

    test('a change that is meant for one generation is not made to another', async () => {
      await using under = await open();
      const { instances } = under.store;
      const made = await addInstance(under.store, await addUser(under.store));
      const newer = await instances.change(made.id, { sleepAfterMs: 5 });
      assert.equal((await instances.change(made.id, { desired: 'deleted' }, { onlyIfGeneration: made.spec.generation })).spec.desired, 'running');
      assert.equal((await instances.change(made.id, { desired: 'deleted' }, { onlyIfGeneration: newer.spec.generation })).spec.desired, 'deleted');
    });
  });

  describe('figures over time', () => {
    test('are kept by minute and by quarter, and read by range', async () => {
      await using under = await open();
      const { samples } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      const start = Date.UTC(2026, 0, 2, 3, 59);
      for (let minute = 0; minute < 20; minute += 1) await samples.append(start + minute * 60_000 + 999, [{ instanceId: id, sample: { ...NOTHING, cpus: minute } }, { instanceId: 'gone', sample: NOTHING }]);
      const minutes = await samples.list(id, 'minute', { from: start, to: start + HOUR });
      assert.deepEqual(minutes.map(({ at, cpus }) => [(at - start) / 60_000, cpus]), Array.from({ length: 20 }, (_, minute) => [minute, minute]));
      assert.deepEqual((await samples.list(id, 'minute', { from: start + 60_000, to: start + 180_000 })).map(({ cpus }) => cpus), [1, 2]);
      const quarters = await samples.list(id, 'quarter', { from: 0, to: start + HOUR });
      assert.deepEqual(quarters.map(({ at, cpus }) => [new Date(at).toISOString().slice(11, 16), cpus]), [['03:45', 0], ['04:00', 8], ['04:15', 17.5]]);
      assert.deepEqual(await samples.list('gone', 'minute', { from: 0, to: start + HOUR }), []);
    });

    test('take a fixed room for each instance, however long it lives, and go with it', async () => {
      await using under = await open();
      const { samples, instances } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      const began = Math.ceil(under.clock.now() / 86_400_000) * 86_400_000;
      under.clock.advance(began - under.clock.now());
      for (let hour = 0; hour < 40 * 24; hour += 1) {
        await samples.append(under.clock.now(), [{ instanceId: id, sample: { ...NOTHING, keys: hour } }]);
        under.clock.advance(HOUR);
        if (hour % 24 === 0) await samples.forget();
      }
      await samples.forget();
      const all = { from: 0, to: under.clock.now() };
      const minutes = await samples.list(id, 'minute', all);
      const quarters = await samples.list(id, 'quarter', all);
      assert.ok(minutes.length >= 24 && minutes.length <= 26, `${minutes.length}`);
      assert.ok(quarters.length >= 31 * 24 && quarters.length <= 33 * 24, `${quarters.length}`);
      await instances.change(id, { desired: 'deleted' });
      const lease = await instances.acquireLease(id, 'w', 1000);
      assert.ok(lease && await instances.close(lease, { quarantineUntil: 0 }));
      assert.deepEqual(await samples.list(id, 'quarter', all), []);
    });
  });
}
