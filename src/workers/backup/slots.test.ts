import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from './ports.ts';

const HOUR = 3_600_000;

test('places are held from the first step on, by as many as there are, until each is given back', () => {
  const slots = new Slots(2);
  assert.deepEqual([slots.hold('a', 0), slots.hold('b', 0), slots.hold('c', 0)], [true, true, false]);
  assert.deepEqual([slots.hold('a', 1), slots.hold('c', 1)], [true, false], 'who has one keeps it at every further step');
  slots.release('c'); // had none
  assert.equal(slots.hold('c', 2), false);
  slots.release('a');
  slots.release('a');
  assert.deepEqual([slots.hold('c', 3), slots.hold('a', 3)], [true, false]);
});

test('a place that nobody comes back to is free after hours, and so is one of a clock that was wrong', () => {
  const slots = new Slots(1);
  assert.equal(slots.hold('gone', 0), true);
  assert.equal(slots.hold('other', 6 * HOUR), false, 'a backup may take hours');
  assert.equal(slots.hold('other', 6 * HOUR + 1), true);
  assert.equal(slots.hold('early', HOUR), true, 'held in the future: the clock was set back');
});
