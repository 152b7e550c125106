import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Lease, Store } from '../../../src/domain/ports/store.ts';
import { addInstance, addUser, failure, RANGE } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const YEAR_MS = 365 * 86_400_000;

async function claim(store: Store, id: string, holder = 'worker', ttlMs = 1000): Promise<Lease> {
  const lease = await store.instances.acquireLease(id, holder, ttlMs);
  assert.ok(lease, `${holder} gets the lease`);
  return lease;
}

export function leaseContract(open: OpenStore): void {
  describe('leases', () => {
    test('of many workers at once one gets the lease', async () => {
      await using under = await open();
      const instance = await addInstance(under.store, await addUser(under.store));
      const stores = [under.store, await under.another()];
      const leases = await Promise.all(Array.from({ length: 20 }, (_, index) => stores[index % 2]!.instances.acquireLease(instance.id, `worker-${index}`, 1000)));
      assert.equal(leases.filter((lease) => lease !== null).length, 1);
      assert.equal(await under.store.instances.acquireLease('nothing', 'worker', 1000), null);
    });

    test('after its end another may have it, and the first can write nothing any more', async () => {
      await using under = await open();
      const { instances } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      const first = await claim(under.store, id, 'one');
      under.clock.advance(999);
      assert.equal(await instances.acquireLease(id, 'two', 1000), null);
      under.clock.advance(1);
      const second = await claim(under.store, id, 'two');
      assert.ok(second.token > first.token);
      assert.equal(await instances.renewLease(first, 1000), false);
      assert.equal(await instances.report(first, { phase: 'failed' }, { events: [{ type: 'x', message: 'x', data: {} }] }), false);
      assert.equal(await instances.close(first, { quarantineUntil: 0 }), false);
      await instances.releaseLease(first); // takes nothing from the second
      assert.equal(await instances.acquireLease(id, 'three', 1000), null);
      assert.equal((await instances.get(id))?.status.phase, 'pending');
      assert.equal((await under.store.events.list({ instanceId: id }, { limit: 9 })).length, 1);
      assert.equal(await instances.report(second, { phase: 'running' }), true);
    });

    test('one that ran out but that nobody claimed since still counts', async () => {
      await using under = await open();
      const { id } = await addInstance(under.store, await addUser(under.store));
      const lease = await claim(under.store, id);
      under.clock.advance(5000);
      assert.equal(await under.store.instances.report(lease, { phase: 'running' }), true);
      assert.equal(await under.store.instances.renewLease(lease, 1000), true);
      assert.equal(await under.store.instances.acquireLease(id, 'another', 1000), null);
    });

    test('a worker that comes back under its name gets a new lease at once, and its old one is void', async () => {
      await using under = await open();
      const { id } = await addInstance(under.store, await addUser(under.store));
      const before = await claim(under.store, id);
      const after = await claim(under.store, id);
      assert.equal(await under.store.instances.report(before, { phase: 'failed' }), false);
      assert.equal(await under.store.instances.report(after, { phase: 'running' }), true);
    });

    test('one that was taken while the clock was a year ahead binds nobody once that is put right', async () => {
      await using under = await open();
      const { instances } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      under.clock.advance(YEAR_MS);
      const ahead = await claim(under.store, id, 'one', 30_000);
      under.clock.advance(-YEAR_MS);
      assert.ok((await instances.due(9)).includes(id));
      await claim(under.store, id, 'two', 30_000);
      assert.equal(await instances.report(ahead, { phase: 'failed' }), false);
      assert.equal(await instances.acquireLease(id, 'three', 30_000), null);
    });

    test('a lease given back is free at once and void', async () => {
      await using under = await open();
      const { id } = await addInstance(under.store, await addUser(under.store));
      const lease = await claim(under.store, id, 'one');
      await under.store.instances.releaseLease(lease);
      assert.equal(await under.store.instances.report(lease, { phase: 'failed' }), false);
      await claim(under.store, id, 'two');
    });
  });

  describe('work that is due', () => {
    test('a newer generation, or a time that has come, oldest first, not while another works on it', async () => {
      await using under = await open();
      const { instances } = under.store;
      const user = await addUser(under.store);
      const one = await addInstance(under.store, user);
      under.clock.advance(1);
      const two = await addInstance(under.store, user);
      assert.deepEqual(await instances.due(9), [one.id, two.id]);
      assert.deepEqual(await instances.due(1), [one.id]);
      const lease = await claim(under.store, one.id);
      assert.deepEqual(await instances.due(9), [two.id]);
      await instances.report(lease, { phase: 'running', observedGeneration: 1 });
      await instances.releaseLease(lease);
      assert.deepEqual(await instances.due(9), [two.id]);
      const second = await claim(under.store, two.id);
      await instances.report(second, { phase: 'failed', observedGeneration: 1, nextTryAt: under.clock.now() + 500 });
      await instances.releaseLease(second);
      assert.deepEqual(await instances.due(9), []);
      under.clock.advance(500);
      assert.deepEqual(await instances.due(9), [two.id]);
      under.clock.advance(1);
      await instances.change(one.id, { desired: 'stopped' });
      assert.deepEqual(await instances.due(9), [two.id, one.id]);
    });

    test('a next try that was set while the clock was a year ahead is due once that is put right', async () => {
      await using under = await open();
      const { instances } = under.store;
      const { id } = await addInstance(under.store, await addUser(under.store));
      under.clock.advance(YEAR_MS);
      const lease = await claim(under.store, id);
      await instances.report(lease, { phase: 'failed', observedGeneration: 1, nextTryAt: under.clock.now() + 900_000 });
      await instances.releaseLease(lease);
      assert.deepEqual(await instances.due(9), []);
      under.clock.advance(-YEAR_MS);
      assert.deepEqual(await instances.due(9), [id]);
    });

    test('a change that comes while a worker is at it stays due afterwards', async () => {
      await using under = await open();
      const { id } = await addInstance(under.store, await addUser(under.store));
      const lease = await claim(under.store, id);
      await under.store.instances.change(id, { desired: 'stopped' });
      await under.store.instances.report(lease, { phase: 'running', observedGeneration: 1 });
      await under.store.instances.releaseLease(lease);
      assert.deepEqual(await under.store.instances.due(9), [id]);
    });
  });

  describe('reports', () => {
    test('write the members given, keep the others, and set since when the phase changes', async () => {
      await using under = await open();
      const instance = await addInstance(under.store, await addUser(under.store));
      const lease = await claim(under.store, instance.id);
      const start = under.clock.now();
      under.clock.advance(5);
      const reason = { code: 'exited_at_start', message: 'It ended.', logTail: 'FATAL\n' } as const;
      const endpoint = { kind: 'unix', directory: '/run/x', name: 'redis.sock' } as const;
      await under.store.instances.report(lease, { reason, endpoint, crashes: [1, 2], version: '7.0', provisioned: true, progress: { step: 'data', message: 'x', fraction: 0.5 } });
      const first = await under.store.instances.get(instance.id);
      assert.deepEqual(first?.status, { ...instance.status, reason, endpoint, crashes: [1, 2], version: '7.0', provisioned: true, progress: { step: 'data', message: 'x', fraction: 0.5 }, since: start });
      await under.store.instances.report(lease, { phase: 'running', attempts: 3, reason: null },
        { events: [{ type: 'instance.running', message: 'Runs.', data: {} }, { type: 'instance.ready', message: 'Ready.', data: {} }] });
      const second = await under.store.instances.get(instance.id);
      assert.deepEqual(second?.status, { ...first?.status, phase: 'running', attempts: 3, reason: null, since: start + 5 });
      assert.deepEqual((await under.store.events.list({ instanceId: instance.id }, { limit: 9 })).map(({ type, ownerId }) => [type, ownerId]),
        ['instance.created', 'instance.running', 'instance.ready'].map((type) => [type, instance.ownerId]));
      assert.deepEqual([second?.spec, second?.secrets], [instance.spec, instance.secrets]);
    });

    test('and changes at the same time do not undo each other', async () => {
      await using under = await open();
      const { id } = await addInstance(under.store, await addUser(under.store));
      const lease = await claim(under.store, id);
      const others = await under.another();
      await Promise.all(Array.from({ length: 20 }, async (_, index) => {
        await Promise.all([under.store.instances.report(lease, index % 2 ? { attempts: index + 1 } : { version: `v${index}` }), others.instances.change(id, { restart: true })]);
      }));
      const instance = (await under.store.instances.get(id))!;
      assert.deepEqual([instance.spec.restarts, instance.spec.generation], [20, 21]);
      assert.ok(instance.status.attempts !== 0 && instance.status.version !== null);
    });

    test('a rotation ends with the new password in place, if it still is that one', async () => {
      await using under = await open();
      const { id, secrets } = await addInstance(under.store, await addUser(under.store));
      const lease = await claim(under.store, id);
      const read = async () => (await under.store.instances.get(id))?.secrets;
      await under.store.instances.report(lease, {}, { rotated: 'sealed-new' });
      assert.deepEqual(await read(), secrets);
      await under.store.instances.change(id, { nextPassword: 'sealed-new' });
      await under.store.instances.report(lease, {}, { rotated: 'sealed-other' });
      assert.deepEqual(await read(), { ...secrets, nextPassword: 'sealed-new' });
      await under.store.instances.report(lease, {}, { rotated: 'sealed-new' });
      assert.deepEqual(await read(), { password: 'sealed-new', nextPassword: null });
      await under.store.instances.change(id, { nextPassword: 'sealed-next' });
    });

    test('a refused rotation leaves the password and drops the next one, if it still is that one', async () => {
      await using under = await open();
      const { id, secrets } = await addInstance(under.store, await addUser(under.store));
      const lease = await claim(under.store, id);
      const read = async () => (await under.store.instances.get(id))?.secrets;
      await under.store.instances.change(id, { nextPassword: 'sealed-new' });
      await under.store.instances.report(lease, {}, { rotationRefused: 'sealed-other' });
      assert.deepEqual(await read(), { ...secrets, nextPassword: 'sealed-new' });
      await under.store.instances.report(lease, {}, { rotationRefused: 'sealed-new' });
      assert.deepEqual(await read(), secrets);
      await under.store.instances.change(id, { nextPassword: 'sealed-next' });
    });
  });

  describe('closing an instance', () => {
    test('removes the row, writes the event, keeps the history and quarantines the port', async () => {
      await using under = await open();
      const { instances, ports } = under.store;
      const user = await addUser(under.store);
      const { id, port, slug } = await addInstance(under.store, user);
      const lease = await claim(under.store, id);
      await instances.change(id, { desired: 'deleted' });
      assert.equal(await instances.close(lease, { quarantineUntil: under.clock.now() + 1000 }), true);
      assert.equal(await instances.close(lease, { quarantineUntil: under.clock.now() + 9000 }), false);
      assert.deepEqual([await instances.get(id), await instances.getBySlug(slug), await instances.getByPort(port)], [null, null, null]);
      assert.deepEqual((await under.store.events.list({ instanceId: id }, { limit: 9 })).map(({ type }) => type), ['instance.created', 'instance.deleted']);
      await failure(ports.reserve({ from: port, to: port }, 1000), 'ports_exhausted');
      under.clock.advance(1000);
      assert.equal(await ports.reserve({ from: port, to: port }, 1000), port);
      assert.notEqual(await ports.reserve(RANGE, 1000), port);
      await failure(instances.change(id, { desired: 'running' }), 'not_found');
    });
  });
}
