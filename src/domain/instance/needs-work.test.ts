import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceOverview } from '../ports/store.ts';
import { needsWork } from './needs-work.ts';

const settled: InstanceOverview = { id: 'a', desired: 'running', phase: 'running', generation: 3, observedGeneration: 3, nextTryAt: null, port: 10000 };
const NOW = 1_000_000;

test('what is as it should be is left alone', () => {
  assert.equal(needsWork(settled, 'running', NOW), false);
  assert.equal(needsWork({ ...settled, desired: 'stopped', phase: 'stopped' }, 'exited', NOW), false);
  assert.equal(needsWork({ ...settled, desired: 'sleeping', phase: 'sleeping' }, 'paused', NOW), false);
});

test('a running one that is gone, stopped or frozen is looked at', () => {
  for (const state of ['absent', 'exited', 'paused', 'created'] as const) assert.equal(needsWork(settled, state, NOW), true, state);
});

test('a stopped one that runs is looked at', () => {
  assert.equal(needsWork({ ...settled, desired: 'stopped', phase: 'stopped' }, 'running', NOW), true);
});

test('a change that was not carried out yet and a removal are always looked at', () => {
  assert.equal(needsWork({ ...settled, generation: 4 }, 'running', NOW), true);
  assert.equal(needsWork({ ...settled, desired: 'deleted', phase: 'deleting', nextTryAt: NOW + 1 }, 'absent', NOW), true);
});

test('a failed one waits for its time, or for a person when it has none', () => {
  const failed: InstanceOverview = { ...settled, phase: 'failed' };
  assert.equal(needsWork({ ...failed, nextTryAt: null }, 'exited', NOW), false);
  assert.equal(needsWork({ ...failed, nextTryAt: NOW + 1 }, 'exited', NOW), false);
  assert.equal(needsWork({ ...failed, nextTryAt: NOW }, 'exited', NOW), true);
});

test('a running one with a date in the future is looked at all the same when its process ended', () => {
  assert.equal(needsWork({ ...settled, nextTryAt: NOW + 60_000 }, 'exited', NOW), true);
});

test('a time that was written while the clock was a year ahead puts nothing off', () => {
  const nextTryAt = NOW + 365 * 86_400_000;
  assert.equal(needsWork({ ...settled, phase: 'failed', nextTryAt }, 'exited', NOW), true);
  assert.equal(needsWork({ ...settled, phase: 'provisioning', nextTryAt }, 'exited', NOW), true);
  assert.equal(needsWork({ ...settled, desired: 'sleeping', phase: 'sleeping', nextTryAt }, 'paused', NOW), true);
});
