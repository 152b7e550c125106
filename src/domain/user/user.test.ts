import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wasEnded } from './user.ts';

test('sign-ins of before are ended, but the one that is kept; one of after is not, and a moment that is far ahead is of a clock that was wrong', () => {
  const ended = (beganAt: number, { id = 'x', now = 2000, at = 1000 } = {}): boolean => wasEnded({ signInsEnded: { at, kept: 'kept' } }, { id, beganAt }, now);
  assert.deepEqual([ended(999), ended(1000), ended(1001)], [true, false, false]);
  assert.equal(ended(999, { id: 'kept' }), false);
  assert.deepEqual([ended(999, { at: 62_000 }), ended(999, { at: 62_001 })], [true, false]);
  assert.equal(wasEnded({ signInsEnded: null }, { id: 'x', beganAt: 0 }, 2000), false);
});
