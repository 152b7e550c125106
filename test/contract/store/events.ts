import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NewEvent } from '../../../src/domain/instance/event.ts';
import type { OpenStore } from '../store.ts';

export function eventContract(open: OpenStore): void {
  const event = (message: string, change: Partial<NewEvent> = {}): NewEvent => ({ instanceId: 'a1', ownerId: 'u1', type: 'instance.running', message, data: { n: 1 }, ...change });

  describe('events', () => {
    test('are listed oldest first, by instance or owner, after an id', async () => {
      await using under = await open();
      const { events } = under.store;
      const one = await events.append(event('one'));
      const two = await events.append(event('two', { instanceId: 'a2' }));
      const three = await events.append(event('three', { ownerId: 'u2' }));
      assert.deepEqual(one, { ...event('one'), id: one.id, at: under.clock.now() });
      assert.deepEqual(await events.list({}, { limit: 10 }), [one, two, three]);
      assert.deepEqual(await events.list({ instanceId: 'a1' }, { limit: 10 }), [one, three]);
      assert.deepEqual(await events.list({ ownerId: 'u1' }, { limit: 1 }), [one]);
      assert.deepEqual(await events.list({ ownerId: 'u1', instanceId: 'a2' }, { limit: 10 }), [two]);
      assert.deepEqual(await events.list({}, { after: one.id, limit: 10 }), [two, three]);
      assert.deepEqual(await events.list({}, { after: three.id, limit: 10 }), []);
    });

    test('a reader that resumes after the last id it saw misses none, however many write at once', async () => {
      await using under = await open();
      const writers = [under.store, await under.another(), await under.another()];
      const each = 40;
      const progress = { writing: true };
      const write = Promise.all(writers.flatMap((store, who) => Array.from({ length: each }, (_, index) => store.events.append(event(`${who}-${index}`)))))
        .finally(() => (progress.writing = false));
      const seen: number[] = [];
      for (let rounds = 0; rounds < 10_000; rounds += 1) {
        const last = !progress.writing; // asked before the read: what is written is then all there
        const fresh = await under.store.events.list({}, { after: seen.at(-1) ?? 0, limit: 7 });
        seen.push(...fresh.map(({ id }) => id));
        if (last && fresh.length === 0) break;
        await new Promise((resolve) => void setImmediate(resolve)); // lets the writers on
      }
      const written = (await write).map(({ id }) => id).sort((a, b) => a - b);
      assert.deepEqual(seen, written);
      assert.equal(new Set(written).size, writers.length * each);
    });
  });
}
