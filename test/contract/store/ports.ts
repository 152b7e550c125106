import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addInstance, addUser, failure } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

export function portContract(open: OpenStore): void {
  const ten = { from: 10000, to: 10009 };

  describe('ports', () => {
    test('are handed out one after the other and not at once again', async () => {
      await using under = await open();
      const { ports } = under.store;
      assert.equal(await ports.reserve(ten, 1000), 10000);
      await ports.unreserve(10000);
      assert.equal(await ports.reserve(ten, 1000), 10001);
      for (let port = 10002; port <= 10009; port += 1) assert.equal(await ports.reserve(ten, 1000), port);
      assert.equal(await ports.reserve(ten, 1000), 10000);
    });

    test('a reservation that nobody used ends by itself', async () => {
      await using under = await open();
      const one = { from: 12000, to: 12000 };
      assert.equal(await under.store.ports.reserve(one, 1000), 12000);
      under.clock.advance(999);
      await failure(under.store.ports.reserve(one, 1000), 'ports_exhausted');
      under.clock.advance(1);
      assert.equal(await under.store.ports.reserve(one, 1000), 12000);
    });

    test('many who ask at once get different ports', async () => {
      await using under = await open();
      const others = await under.another();
      const range = { from: 10000, to: 10059 };
      const got = await Promise.all(Array.from({ length: 60 }, (_, index) => (index % 2 ? others : under.store).ports.reserve(range, 60_000)));
      assert.equal(new Set(got).size, 60);
      await failure(others.ports.reserve(range, 1), 'ports_exhausted');
    });

    test('a blocked port is left alone until its time, and whoever had reserved it loses it', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const port = await under.store.ports.reserve({ from: 10000, to: 10001 }, 60_000);
      await under.store.ports.block(port, under.clock.now() + 1000);
      await failure(addInstance(under.store, user, { port }), 'conflict');
      assert.equal(await under.store.ports.reserve({ from: 10000, to: 10001 }, 60_000), 10001);
      await failure(under.store.ports.reserve({ from: 10000, to: 10001 }, 60_000), 'ports_exhausted');
      under.clock.advance(1000);
      assert.equal(await under.store.ports.reserve({ from: 10000, to: 10001 }, 60_000), 10000);
    });

    test('an instance keeps its port, whatever is said about reservations', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const { port } = await addInstance(under.store, user);
      await under.store.ports.unreserve(port);
      await under.store.ports.block(port, 0);
      under.clock.advance(10 ** 9);
      await failure(under.store.ports.reserve({ from: port, to: port }, 1000), 'ports_exhausted');
    });

    test('exhaustion says in words how many, and when the next is free', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      for (let index = 0; index < 9; index += 1) await addInstance(under.store, user, { port: await under.store.ports.reserve(ten, 1000) });
      await under.store.ports.block(10009, under.clock.now() + 12 * 60_000);
      const error = await failure(under.store.ports.reserve(ten, 1000), 'ports_exhausted');
      assert.equal(error.userText, 'All 10 ports 10000-10009 are taken or resting; the next is free in 12 min.');
      assert.equal(error.retryAfterMs, 12 * 60_000);
      const single = await failure(under.store.ports.reserve({ from: 10003, to: 10003 }, 1000), 'ports_exhausted');
      assert.equal(single.userText, 'The only port 10003 is taken.');
      assert.match(single.remedy ?? '', /DBMAKER_PORT_RANGE/);
    });

    test('are counted by what they are', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const closed = await addInstance(under.store, user, { port: await under.store.ports.reserve(ten, 1000) });
      const lease = await under.store.instances.acquireLease(closed.id, 'worker', 1000);
      assert.ok(lease);
      await under.store.instances.close(lease, { quarantineUntil: under.clock.now() + 1000 });
      await addInstance(under.store, user, { port: await under.store.ports.reserve(ten, 1000) });
      await under.store.ports.reserve(ten, 1000);
      await under.store.ports.block(10009, under.clock.now() + 1000);
      assert.deepEqual(await under.store.ports.counts(ten), { taken: 2, quarantined: 2, free: 6 });
      under.clock.advance(1000);
      assert.deepEqual(await under.store.ports.counts(ten), { taken: 1, quarantined: 0, free: 9 });
    });

    test('a range of hundreds is searched to its last free port', async () => {
      await using under = await open();
      const range = { from: 20000, to: 20299 };
      for (let port = range.from; port < range.to; port += 1) if (port !== 20270) await under.store.ports.block(port, under.clock.now() + 1000);
      assert.deepEqual([await under.store.ports.reserve(range, 1000), await under.store.ports.reserve(range, 1000)], [20270, 20299]);
    });
  });
}
