import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { quietLog } from '../../../test/support/quiet-log.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { waitFor } from '../../../test/support/wait.ts';
import { systemClock } from '../../main/clock.ts';
import { openStore } from '../../store/index.ts';
import { EventFeed } from './event-feed.ts';

const TOTAL = 300;
const U = { userId: 'u', isAdmin: false, all: false };
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('the only listener that leaves and comes back while events are written, also in the middle of a look, hears each after its cursor once and none before it', async () => {
  await using home = await temporaryDirectory('event-feed');
  const store = await openStore({ home: home.path, databaseUrl: null, clock: systemClock });
  let hint = (): void => undefined;
  // As over a network: answers come later than they were made.
  const late = <A extends unknown[], R>(ask: (...all: A) => Promise<R>) => async (...all: A): Promise<R> => {
    const answer = await ask(...all);
    await turn();
    return answer;
  };
  const { events, instances, shares } = store;
  const slow = {
    events: { list: late(events.list.bind(events)), lastId: late(events.lastId.bind(events)), addressees: late(events.addressees.bind(events)) },
    instances: { some: late(instances.some.bind(instances)) }, shares: { of: late(shares.of.bind(shares)) },
  };
  const feed = new EventFeed({ store: slow, clock: systemClock, log: quietLog, news: { onNews(callback) { hint = callback; return () => undefined; } } });
  let written = 0;
  const writing = (async () => {
    for (; written < TOTAL; written += 1) {
      await store.events.append({ instanceId: 'a', ownerId: 'u', type: 'instance.noted', message: String(written), data: {} });
      hint();
      await turn();
    }
  })();
  try {
    for (let round = 0; written < TOTAL; round += 1) {
      const heard: number[] = [];
      const { cursor, leave } = await feed.subscribe({ listener: U, hear: ({ event }) => heard.push(event.id), taken: () => null });
      for (let turns = 0; turns < round % 7; turns += 1) await turn(); // a look is cut off at every place
      leave();
      const before = heard.length;
      if (round % 3 === 0) await turn();
      assert.deepEqual(heard, Array.from(heard, (_, index) => cursor + 1 + index), 'from the cursor on, in order, without a gap');
      assert.equal(heard.length, before, 'nothing after it has left');
    }
    await writing;
    const heard: number[] = [];
    const { cursor } = await feed.subscribe({ listener: { ...U, all: true }, hear: ({ event }) => heard.push(event.id), taken: () => null });
    await store.events.append({ instanceId: 'a', ownerId: 'u', type: 'instance.noted', message: 'last', data: {} });
    hint();
    await waitFor(() => heard.length > 0, { what: 'the last one' });
    assert.deepEqual([cursor, heard], [TOTAL, [TOTAL + 1]], 'what was before it came is not told: whoever wants that replays it');
  } finally {
    feed.close();
    await store.close();
  }
});

test('who has heard more at another process than this one has told yet goes on there, and hears nothing twice', async () => {
  await using home = await temporaryDirectory('event-feed');
  const clock = new ManualClock(); // it never looks by itself
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  let hint = (): void => undefined;
  const feed = new EventFeed({ store, clock, log: quietLog, news: { onNews(callback) { hint = callback; return () => undefined; } } });
  const append = (message: string): Promise<unknown> => store.events.append({ instanceId: 'a', ownerId: 'u', type: 'instance.noted', message, data: {} });
  const heard: Record<string, number[]> = {};
  const listen = (name: string, after?: number): ReturnType<EventFeed['subscribe']> => feed.subscribe({ listener: U, hear: ({ event }) => (heard[name] ??= []).push(event.id), taken: () => null }, after);
  try {
    assert.equal((await listen('first')).cursor, 0);
    await append('one');
    await append('two');
    assert.equal((await listen('from elsewhere', 2)).cursor, 2);
    assert.equal((await listen('of another store', 7)).cursor, 0);
    await append('three');
    hint();
    await waitFor(() => heard['first']?.length === 3, { what: 'all of them' });
    assert.deepEqual(heard, { first: [1, 2, 3], 'from elsewhere': [3], 'of another store': [1, 2, 3] });
  } finally {
    feed.close();
    await store.close();
  }
});
