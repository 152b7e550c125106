import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfTotal, lastDay, lastStep, nextPulse, packPulse, STEP_MS, stepBegin, STEPS, unpackPulse, type Pulse } from './pulse.ts';

const NOW = Date.UTC(2026, 0, 2, 12, 10);
const day = (pulse: Pulse, now = NOW): number[] => lastDay(pulse, now);
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

test('what was added goes to the present half hour, and the days before are forgotten', () => {
  let pulse = nextPulse(null, 100, NOW);
  pulse = nextPulse(pulse, 130, NOW + 60_000);
  assert.deepEqual(day(pulse), [...zeros(47), 130]);
  pulse = nextPulse(pulse, 137, NOW + 3 * STEP_MS);
  assert.deepEqual(day(pulse, NOW + 3 * STEP_MS), [...zeros(44), 130, 0, 0, 7]);
  assert.deepEqual(day(pulse, NOW + 47 * STEP_MS), [130, 0, 0, 7, ...zeros(44)]);
  assert.deepEqual(day(pulse, NOW + 49 * STEP_MS), [0, 7, ...zeros(46)]);
  for (let step = 4; step < 200; step += 1) pulse = nextPulse(pulse, 137 + step, NOW + step * STEP_MS);
  assert.equal(pulse.values.length, STEPS);
  assert.deepEqual(day(pulse, NOW + 199 * STEP_MS), Array.from({ length: STEPS }, () => 1));
  const late = nextPulse(pulse, 1000, NOW + 1000 * STEP_MS);
  assert.deepEqual(day(late, NOW + 1000 * STEP_MS), [...zeros(47), 664]);
  assert.deepEqual(day(late, NOW + 2000 * STEP_MS), zeros(48));
});

test('a total that falls adds nothing, and neither does a clock that was wrong', () => {
  const before = nextPulse(null, 100, NOW);
  assert.deepEqual(day(nextPulse(before, 20, NOW)), [...zeros(47), 100]);
  const back = nextPulse(nextPulse(before, 150, NOW + 500 * STEP_MS), 160, NOW);
  assert.deepEqual(day(back), [...zeros(47), 10], 'the time to come is left out');
  assert.ok(back.values.length <= STEPS);
});

test('it is kept as a short text that begins with its total', () => {
  const pulse = nextPulse(nextPulse(null, 12, NOW), 123, NOW + STEP_MS);
  assert.deepEqual(unpackPulse(packPulse(pulse)), pulse);
  assert.deepEqual([isOfTotal(packPulse(pulse), 123), isOfTotal(packPulse(pulse), 12), isOfTotal(packPulse(pulse), 1)], [true, false, false]);
  assert.deepEqual(lastStep(pulse), { at: stepBegin(NOW + STEP_MS), bytes: 111 });
});
