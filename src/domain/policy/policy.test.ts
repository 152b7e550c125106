import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide, WARNING_MS, type PolicySubject } from './policy.ts';

const HOUR = 3_600_000;
const subject = (change: Partial<PolicySubject> = {}): PolicySubject => ({
  id: 'a', desired: 'running', phase: 'running', createdAt: 0, sleepAfterMs: 30 * 60_000, removeAfterMs: 24 * HOUR, expiresAt: null, restoring: false, warnedAt: null, warnedFor: change.warnedAt === undefined ? null : 'unused', lastActionAt: 0, lastUsedAt: null, open: 0, sessions: change.open ?? 0, ...change,
});

test('without use it falls asleep, is warned an hour before it goes, and goes', () => {
  assert.equal(decide(subject(), 29 * 60_000), null);
  assert.deepEqual(decide(subject(), 30 * 60_000), { do: 'sleep', idleMs: 30 * 60_000 });
  const asleep = subject({ desired: 'sleeping', phase: 'sleeping' });
  assert.equal(decide(asleep, 22.9 * HOUR), null);
  assert.deepEqual(decide(asleep, 23 * HOUR), { do: 'warn', removeAt: 24 * HOUR, because: 'unused' });
  assert.equal(decide({ ...asleep, warnedAt: 23 * HOUR, warnedFor: 'unused' }, 23.9 * HOUR), null);
  assert.deepEqual(decide({ ...asleep, warnedAt: 23 * HOUR, warnedFor: 'unused' }, 24 * HOUR), { do: 'remove', because: 'unused' });
});

test('any use takes the warning back: a connection, an open one, an action in the API, another policy', () => {
  const warned = subject({ desired: 'sleeping', phase: 'sleeping', warnedAt: 23 * HOUR });
  for (const use of [{ lastUsedAt: 23.5 * HOUR }, { open: 1, sessions: 1 }, { lastActionAt: 23.5 * HOUR }, { removeAfterMs: null }, { removeAfterMs: 48 * HOUR }]) assert.deepEqual(decide({ ...warned, ...use }, 24 * HOUR), { do: 'unwarn' }, JSON.stringify(use));
});

test('one that is kept is never removed, one with open connections does not sleep, and a stopped one does not either', () => {
  assert.equal(decide(subject({ removeAfterMs: null, sleepAfterMs: null }), 1e15), null);
  assert.equal(decide(subject({ removeAfterMs: null, open: 2 }), 1e15), null);
  assert.equal(decide(subject({ removeAfterMs: null, desired: 'stopped', phase: 'stopped' }), 1e15), null);
  assert.equal(decide(subject({ desired: 'deleted' }), 1e15), null);
});

test('an ephemeral one goes at its time though it is used, warned as well', () => {
  const used = subject({ open: 3, expiresAt: 2 * HOUR });
  assert.equal(decide(used, 0.9 * HOUR), null);
  assert.deepEqual(decide(used, HOUR), { do: 'warn', removeAt: 2 * HOUR, because: 'expired' });
  assert.deepEqual(decide({ ...used, warnedAt: HOUR, warnedFor: 'expired' }, 2 * HOUR), { do: 'remove', because: 'expired' });
  assert.deepEqual(decide({ ...used, expiresAt: 600_000 }, 300_000), { do: 'warn', removeAt: 600_000, because: 'expired' }, 'of a short life the second half');
});

test('after a jump of the clock it is warned first, and goes only when the time of the warning is over', () => {
  const week = 7 * 24 * HOUR;
  assert.deepEqual(decide(subject(), week), { do: 'warn', removeAt: week + HOUR, because: 'unused' });
  assert.equal(decide(subject({ warnedAt: week, desired: 'sleeping', phase: 'sleeping' }), week + HOUR - 1), null);
  assert.deepEqual(decide(subject({ warnedAt: week }), week + HOUR), { do: 'remove', because: 'unused' });
  assert.notEqual(decide(subject({ warnedAt: week, desired: 'sleeping', phase: 'sleeping' }), 0)?.do, 'remove', 'a clock that was set back removes nothing');
});

test('whatever happens and however the clock jumps: nothing goes without a warning that stood for its whole time', () => {
  const moment = fc.record({ jump: fc.integer({ min: -2 * HOUR, max: 80 * HOUR }), use: fc.constantFrom('none', 'none', 'connection', 'action') });
  fc.assert(fc.property(fc.array(moment, { maxLength: 40 }), fc.integer({ min: HOUR, max: 48 * HOUR }), (moments, removeAfterMs) => {
    let state = subject({ removeAfterMs });
    let now = 0;
    for (const { jump, use } of moments) {
      now = Math.max(0, now + jump);
      if (use === 'connection') state = { ...state, lastUsedAt: now };
      if (use === 'action') state = { ...state, lastActionAt: now };
      const decision = decide(state, now);
      if (decision?.do === 'warn') state = { ...state, warnedAt: now, warnedFor: decision.because };
      if (decision?.do === 'unwarn') state = { ...state, warnedAt: null, warnedFor: null };
      if (decision?.do !== 'remove') continue;
      assert.ok(state.warnedAt !== null && now - state.warnedAt >= Math.min(WARNING_MS, removeAfterMs / 2));
      assert.ok(now - Math.max(state.lastUsedAt ?? 0, state.lastActionAt) >= removeAfterMs);
      return;
    }
  }), { numRuns: 2000 });
});

test('connections that are not logged in keep it awake, and are no use of it', () => {
  const half = subject({ open: 5, sessions: 0 });
  assert.equal(decide(half, 2 * HOUR), null, 'not asleep under them');
  assert.equal(decide(half, 23 * HOUR)?.do, 'warn');
  assert.deepEqual(decide({ ...half, warnedAt: 23 * HOUR, warnedFor: 'unused' }, 24 * HOUR), { do: 'remove', because: 'unused' });
});

test('the time in which the platform was not there counts for nothing in a warning', () => {
  const warned = subject({ warnedAt: 23 * HOUR });
  assert.equal(decide(warned, 30 * HOUR, 29.5 * HOUR)?.do, 'sleep', 'not removed yet');
  assert.deepEqual(decide(warned, 30.5 * HOUR, 29.5 * HOUR), { do: 'remove', because: 'unused' });
});

test('it is not removed for a reason that nobody was warned of', () => {
  const used = subject({ warnedAt: 23 * HOUR, warnedFor: 'unused', lastUsedAt: 23.5 * HOUR, expiresAt: 24.2 * HOUR, desired: 'sleeping', phase: 'sleeping' });
  assert.deepEqual(decide(used, 24.2 * HOUR), { do: 'warn', removeAt: 25.2 * HOUR, because: 'expired' });
});

test('one that waits for its data from a backup is never removed; a warning of before is taken back', () => {
  const waiting = subject({ restoring: true, desired: 'running', phase: 'failed', expiresAt: 2 * HOUR });
  assert.equal(decide(waiting, 1e15), null);
  assert.deepEqual(decide({ ...waiting, warnedAt: 23 * HOUR, warnedFor: 'unused' }, 24 * HOUR), { do: 'unwarn' });
});
