import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CRASH_LIMIT, CRASH_WINDOW_MS, isCrashLoop, withCrash } from './crash.ts';

test('crashes that are older than the window are forgotten', () => {
  const now = 10 * CRASH_WINDOW_MS;
  assert.deepEqual(withCrash([now - CRASH_WINDOW_MS - 1, now - 1000], now), [now - 1000, now]);
});

test('the limit within the window makes a crash loop, one less does not', () => {
  const now = 10 * CRASH_WINDOW_MS;
  const crashes = Array.from({ length: CRASH_LIMIT }, (_, index) => now - index * 1000);
  assert.equal(isCrashLoop(crashes, now), true);
  assert.equal(isCrashLoop(crashes.slice(1), now), false);
});

test('a clock that was set back makes no crash loop of times that lie in the future', () => {
  const crashes = [5000, 5001, 5002, 5003, 5004];
  assert.equal(isCrashLoop(crashes, 1000), false);
  assert.deepEqual(withCrash(crashes, 1000), [1000]);
});
