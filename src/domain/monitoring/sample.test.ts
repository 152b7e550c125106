import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floorTo, meanOf, packPoints, SCALES, unpackPoints, type Point } from './sample.ts';

const START = Date.UTC(2026, 0, 2, 3);
const point = (minute: number, change: Partial<Point> = {}): Point => ({
  at: START + minute * 60_000,
  cpus: 0.25, memoryBytes: 1e8, diskBytes: 5e7, connections: 2, bytesInRate: 10.5, bytesOutRate: 20, databaseBytes: 4e7, keys: null, operationRate: 3.25, hitRatio: 0.9912, ...change,
});

test('points come back as they were put into a row, in order, each minute once', () => {
  const first = packPoints(null, 'minute', [point(5), point(3)]);
  const both = packPoints(first, 'minute', [point(4), point(5, { cpus: 1 })]);
  assert.deepEqual(unpackPoints(both, 'minute', START), [point(3), point(4), point(5, { cpus: 1 })]);
});

test('a row of a full hour takes less than 5 KB', () => {
  const row = packPoints(null, 'minute', Array.from({ length: 60 }, (_, minute) => point(minute, { memoryBytes: 123_456_789, diskBytes: 98_765_432_100 })));
  assert.ok(row.length < 5120, `${row.length}`);
});

test('a quarter is the mean of what is known of its minutes', () => {
  const mean = meanOf([point(0, { cpus: 0, hitRatio: null }), point(1, { cpus: 1, hitRatio: null })], START);
  assert.deepEqual([mean.cpus, mean.hitRatio, mean.keys, mean.memoryBytes], [0.5, null, null, 1e8]);
  const day = floorTo(START, SCALES.quarter.rowMs);
  assert.deepEqual(unpackPoints(packPoints(null, 'quarter', [mean]), 'quarter', day), [mean]);
});

test('what is no number is not known', () => {
  assert.equal(unpackPoints(packPoints(null, 'minute', [point(0, { cpus: NaN, hitRatio: Infinity })]), 'minute', START)[0]?.cpus, null);
});
