import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../main/clock.ts';
import { WorkQueue } from './work-queue.ts';

test('a key is never worked on twice at a time, and once more when it was added meanwhile', async () => {
  let running = 0;
  let looks = 0;
  const queue: WorkQueue = new WorkQueue({
    concurrency: 4,
    clock: systemClock,
    work: async () => {
      running += 1;
      looks += 1;
      assert.equal(running, 1);
      if (looks === 1) for (let i = 0; i < 5; i++) queue.add('a');
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return null;
    },
  });
  queue.add('a');
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(looks, 2);
  await queue.close();
});

test('no more than the given number run at once', async () => {
  let running = 0;
  let most = 0;
  let done = 0;
  const queue = new WorkQueue({
    concurrency: 3,
    clock: systemClock,
    work: async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done += 1;
      return null;
    },
  });
  for (let i = 0; i < 20; i++) queue.add(`key-${i}`);
  for (let i = 0; i < 200 && done < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(done, 20);
  assert.equal(most, 3);
  await queue.close();
});

test('close waits for what runs and begins nothing new', async () => {
  const seen: string[] = [];
  let finished = false;
  const queue = new WorkQueue({
    concurrency: 1,
    clock: systemClock,
    work: async (key) => {
      seen.push(key);
      await new Promise((resolve) => setImmediate(resolve));
      finished = true;
      return 0;
    },
  });
  queue.add('a');
  queue.add('b');
  await queue.close();
  assert.deepEqual(seen, ['a']);
  assert.ok(finished);
});
