import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outlookOf } from './outlook.ts';
import { decide } from './policy.ts';
import type { PolicySubject } from './policy.ts';

const HOUR = 3_600_000;
const subject = (change: Partial<PolicySubject> = {}): PolicySubject => ({
  id: 'a', desired: 'running', phase: 'running', createdAt: 0, sleepAfterMs: HOUR, removeAfterMs: 24 * HOUR, expiresAt: null, restoring: false, warnedAt: null, warnedFor: null, lastActionAt: 0, lastUsedAt: null, open: 0, sessions: 0, ...change,
});

test('it says when the policies will act, if nobody uses it', () => {
  const used = subject({ lastUsedAt: 2 * HOUR });
  assert.deepEqual(outlookOf(used, 2.5 * HOUR), { open: 0, lastUsedAt: 2 * HOUR, sleepsAt: 3 * HOUR, removedAt: 26 * HOUR, removedBecause: 'unused' });
  assert.deepEqual(decide(used, 3 * HOUR)?.do, 'sleep');
  const asleep = subject({ ...used, desired: 'sleeping', phase: 'sleeping', warnedAt: 25 * HOUR, warnedFor: 'unused' });
  assert.equal(outlookOf(asleep, 25 * HOUR).sleepsAt, null);
  assert.equal(decide(asleep, outlookOf(asleep, 25 * HOUR).removedAt ?? 0)?.do, 'remove');
});

test('a session that is open is use, and one that is kept or still restored does not go', () => {
  const now = 9 * HOUR;
  assert.deepEqual(outlookOf(subject({ open: 1, sessions: 1 }), now), { open: 1, lastUsedAt: null, sleepsAt: null, removedAt: now + 24 * HOUR, removedBecause: 'unused' });
  for (const change of [{ removeAfterMs: null }, { restoring: true }, { desired: 'deleted' as const }]) assert.equal(outlookOf(subject(change), now).removedAt, null);
});

test('one whose time is over goes then, and what is late is warned of for the whole time first', () => {
  assert.deepEqual(outlookOf(subject({ expiresAt: 10 * HOUR }), 8 * HOUR).removedBecause, 'expired');
  assert.equal(outlookOf(subject(), 100 * HOUR).removedAt, 101 * HOUR);
});
