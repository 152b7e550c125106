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
      assert.deepEqual(await events.list({}, { newestFirst: true, limit: 2 }), [three, two]);
      assert.deepEqual(await events.list({}, { newestFirst: true, before: two.id, limit: 2 }), [one]);
      assert.deepEqual(await events.list({ instanceId: 'a1' }, { before: three.id, limit: 10 }), [one]);
    });

    test('are listed by type, and the last id is known to who wants only what comes from now on', async () => {
      await using under = await open();
      const { events } = under.store;
      assert.equal(await events.lastId(), 0);
      const deleted = await events.append(event('one', { type: 'instance.deleted' }));
      const last = await events.append(event('two'));
      assert.equal(await events.lastId(), last.id);
      assert.deepEqual(await events.list({ type: 'instance.deleted' }, { limit: 10 }), [deleted]);
      assert.deepEqual(await events.list({ type: 'instance.deleted' }, { after: last.id, limit: 10 }), []);
      const later = await events.append(event('three', { type: 'instance.deleted' }));
      assert.deepEqual(await events.list({ type: 'instance.deleted' }, { after: last.id, limit: 10 }), [later]);
    });

    test('how far somebody is behind is counted up to a bound, and that some of it is forgotten is told', async () => {
      await using under = await open();
      const { events } = under.store;
      const ids: number[] = [];
      for (let index = 0; index < 6; index += 1) ids.push((await events.append(event(String(index), { ownerId: index % 2 === 0 ? 'u1' : 'u2', type: index === 0 ? 'instance.progress' : 'instance.running' }))).id);
      const [first = 0, second = 0] = ids;
      const last = ids.at(-1) ?? 0;
      assert.equal(await events.behind({}, { after: first, upTo: last, limit: 100 }), 5);
      assert.equal(await events.behind({}, { after: first, upTo: last, limit: 3 }), 3);
      assert.equal(await events.behind({}, { after: first, upTo: last - 1, limit: 100 }), 4);
      assert.equal(await events.behind({ concerning: 'u2' }, { after: first, upTo: last, limit: 100 }), 3);
      assert.equal(await events.behind({ concerning: 'u3' }, { after: first, upTo: last, limit: 100 }), 0);
      assert.equal(await events.behind({}, { after: last, upTo: last, limit: 100 }), 0);
      under.clock.advance(1000);
      await events.append(event('later'));
      await events.forget({ before: under.clock.now(), limit: 2 });
      assert.equal(await events.behind({}, { after: first, upTo: last, limit: 100 }), Infinity, 'the second one is gone and was not heard');
      assert.equal(await events.behind({}, { after: second, upTo: last, limit: 100 }), 4);
      await events.forget({ before: under.clock.now() + 1, limit: 100 });
      assert.equal(await events.behind({}, { after: second, upTo: last, limit: 100 }), Infinity);
    });

    test('some types are left out on demand, and old ones are forgotten in steps, of one type or all', async () => {
      await using under = await open();
      const { events } = under.store;
      const far = await events.append(event('half', { type: 'instance.progress' }));
      const kept = await events.append(event('one'));
      assert.deepEqual(await events.list({ notTypes: ['instance.progress'] }, { limit: 10 }), [kept]);
      assert.equal(await events.forget({ before: far.at, limit: 10 }), 0, 'as old as that is not older');
      under.clock.advance(1000);
      const later = await events.append(event('two'));
      assert.equal(await events.forget({ before: later.at, type: 'instance.progress', limit: 10 }), 1);
      assert.deepEqual(await events.list({}, { limit: 10 }), [kept, later]);
      const more = [await events.append(event('three')), await events.append(event('four'))];
      under.clock.advance(1000);
      assert.equal(await events.forget({ before: under.clock.now(), limit: 2 }), 2);
      assert.deepEqual(await events.list({}, { limit: 10 }), more, 'the oldest go first');
    });

    test('a reader that resumes after the last id it saw misses none, however many write at once', async () => {
      await using under = await open();
      const stores = [under.store, await under.another(), await under.another()];
      const progress = { writing: true };
      const write = Promise.all(Array.from({ length: 24 }, async (_, who) => {
        const written: number[] = [];
        for (let index = 0; index < 15; index += 1) written.push((await stores[who % 3]!.events.append(event(`${who}-${index}`))).id);
        return written;
      })).finally(() => (progress.writing = false));
      const read = async (): Promise<number[]> => {
        const reader = await under.another();
        const seen: number[] = [];
        for (let rounds = 0; rounds < 200_000; rounds += 1) {
          const last = !progress.writing; // asked before the read: what is written is then all there
          const fresh = await reader.events.list({}, { after: seen.at(-1) ?? 0, limit: 100 });
          seen.push(...fresh.map(({ id }) => id));
          if (last && fresh.length === 0) break;
          if (rounds % 50 === 0) await new Promise((resolve) => void setImmediate(resolve)); // lets SQLite's writers on
        }
        return seen;
      };
      const seen = await Promise.all([read(), read()]);
      const written = (await write).flat().sort((a, b) => a - b);
      assert.equal(new Set(written).size, 24 * 15);
      assert.deepEqual(seen, [written, written]);
    });
  });
}
