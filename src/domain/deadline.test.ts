import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { deadline } from './deadline.ts';

test('aborts when the time is over, not before', () => {
  const clock = new ManualClock();
  using limit = deadline(clock, 100);
  clock.advance(99);
  assert.deepEqual([limit.signal.aborted, limit.passed], [false, false]);
  clock.advance(1);
  assert.deepEqual([limit.signal.aborted, limit.passed], [true, true]);
});

test('aborts with the signal that was given, for its reason, also where that had aborted before; the time is not blamed then', () => {
  for (const before of [true, false]) {
    const clock = new ManualClock();
    const given = new AbortController();
    if (before) given.abort('enough');
    using limit = deadline(clock, 100, given.signal);
    given.abort('enough');
    clock.advance(100);
    assert.deepEqual([limit.signal.aborted, limit.signal.reason, limit.passed], [true, 'enough', false]);
  }
});

test('once disposed of, it leaves no timer and no listener, and never aborts', () => {
  const clock = new ManualClock();
  const given = new AbortController();
  const limit = deadline(clock, 100, given.signal);
  limit[Symbol.dispose]();
  assert.equal(clock.nextAt(), null);
  assert.equal(getEventListeners(given.signal, 'abort').length, 0);
  given.abort();
  assert.equal(limit.signal.aborted, false);
});
