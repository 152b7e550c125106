import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Remembered } from './remembered.ts';

test('a value is known until its time is over; said again, it counts from then', () => {
  const clock = new ManualClock();
  const remembered = new Remembered<string>(clock, 100);
  remembered.set('a', 'first');
  clock.advance(99);
  assert.equal(remembered.get('a'), 'first');
  remembered.set('a', 'second');
  clock.advance(99);
  assert.equal(remembered.get('a'), 'second');
  clock.advance(1);
  assert.equal(remembered.get('a'), undefined);
});

test('of more than 20,000 the oldest are forgotten first', () => {
  const remembered = new Remembered<number>(new ManualClock(), 100);
  for (let count = 0; count <= 20_000; count += 1) remembered.set(String(count), count);
  assert.equal(remembered.get('0'), undefined);
  assert.equal(remembered.get('1'), 1);
  assert.equal(remembered.get('20000'), 20_000);
});
