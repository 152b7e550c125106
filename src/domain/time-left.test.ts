import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_REST_MS, timeLeft } from './time-left.ts';

test('what is to come is waited for, what was written while the clock was far ahead is due', () => {
  const now = 1_800_000_000_000;
  assert.equal(timeLeft(now + 5, now), 5);
  assert.equal(timeLeft(now + LONGEST_REST_MS, now), LONGEST_REST_MS);
  for (const at of [null, 0, now - 1, now, now + LONGEST_REST_MS + 1, now + 365 * 86_400_000]) assert.equal(timeLeft(at, now), 0, String(at));
});
