import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, MAX_DURATION_MS, parseDuration } from './duration.ts';

test('reads every unit and never', () => {
  assert.deepEqual(['90s', '30m', '24h', '7d', '2w', 'never'].map(parseDuration), [90_000, 1_800_000, 86_400_000, 604_800_000, 1_209_600_000, null]);
});

test('refuses what is not a duration, zero, and more than ten years', () => {
  for (const text of ['', '0m', '-1h', '1.5h', '1 h', 'h', '1y', '10', '3651d', '9999999999w', 'NEVER', '1h1m']) assert.equal(parseDuration(text), undefined, text);
});

test('what is formatted reads back the same', () => {
  fc.assert(fc.property(fc.option(fc.integer({ min: 1, max: MAX_DURATION_MS / 1000 })), (seconds) => {
    const ms = seconds === null ? null : seconds * 1000;
    assert.equal(parseDuration(formatDuration(ms)), ms);
  }));
});
