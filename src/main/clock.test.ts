import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.ts';

test('a wait longer than timers can count (a clock that was set back by years) is long, not over at once', async () => {
  let rang = false;
  const cancel = systemClock.after(10 * 365 * 86_400_000, () => { rang = true; });
  await new Promise((resolve) => { setTimeout(resolve, 30); });
  cancel();
  assert.equal(rang, false);
});
