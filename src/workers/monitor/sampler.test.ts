import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleOf, type Reading } from './sampler.ts';
import { slotOf } from './slots.ts';

const reading = (change: Partial<Reading> = {}): Reading => ({
  at: 1000, stats: { cpuMs: 500, memoryBytes: 7, processes: 1 }, diskBytes: 9,
  figures: { databaseBytes: 5, keys: 3, operations: 100, hits: 10, misses: 10 },
  gateway: { open: 2, connections: 4, bytesIn: 1000, bytesOut: 2000, lastUsedAt: 1 }, ...change,
});

test('rates are the difference of totals over the time between two readings', () => {
  const later = reading({
    at: 61_000, stats: { cpuMs: 30_500, memoryBytes: 8, processes: 1 }, figures: { databaseBytes: 6, keys: 4, operations: 220, hits: 100, misses: 20 },
    gateway: { open: 1, connections: 4, bytesIn: 7000, bytesOut: 2000, lastUsedAt: 1 },
  });
  assert.deepEqual(sampleOf(reading(), later), {
    cpus: 0.5, memoryBytes: 8, diskBytes: 9, connections: 1, bytesInRate: 100, bytesOutRate: 0, databaseBytes: 6, keys: 4, operationRate: 2, hitRatio: 0.9,
  });
});

test('what began anew in between, and the first reading of all, have no rates', () => {
  const restarted = reading({ at: 61_000, stats: { cpuMs: 1, memoryBytes: 8, processes: 1 }, figures: { databaseBytes: 6, keys: 4, operations: 1, hits: 0, misses: 0 } });
  for (const sample of [sampleOf(reading(), restarted), sampleOf(null, restarted)]) {
    assert.deepEqual([sample.cpus, sample.operationRate, sample.hitRatio, sample.memoryBytes], [null, null, null, 8]);
  }
  const unknown = sampleOf(reading(), reading({ at: 61_000, stats: null, figures: null, gateway: null }));
  assert.deepEqual([unknown.cpus, unknown.memoryBytes, unknown.keys, unknown.connections], [null, null, null, 0]);
});

test('the turns of a thousand instances are spread over the period', () => {
  const slots = Array.from({ length: 1000 }, (_, index) => slotOf(`a${index.toString(36).padStart(11, 'x')}`, 30_000));
  const perSecond = new Map<number, number>();
  for (const slot of slots) perSecond.set(Math.floor(slot / 1000), (perSecond.get(Math.floor(slot / 1000)) ?? 0) + 1);
  assert.ok(slots.every((slot) => slot >= 0 && slot < 30_000));
  assert.ok(perSecond.size === 30 && Math.max(...perSecond.values()) < 70, JSON.stringify([...perSecond]));
});
