import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';

const options = { baseMs: 1000, maxMs: 60_000 };

test('the first failure waits between half and all of the base delay', () => {
  assert.equal(backoffMs(1, 0, options), 500);
  assert.equal(backoffMs(1, 1, options), 1000);
});

test('the delay never exceeds the maximum and never falls below half of the base, whatever the attempt', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const delay = backoffMs(attempt, random, options);
      assert.ok(delay >= 500 && delay <= 60_000);
    }),
  );
});

test('without jitter each delay doubles until the maximum', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => backoffMs(attempt, 1, options)), [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});
