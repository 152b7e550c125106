import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { AuditActor } from '../domain/audit/entry.ts';
import { RefusalBudget, type RefusalSum } from './refusal-budget.ts';

const NOBODY: AuditActor = { kind: 'unknown', id: null, name: '' };
const ANN: AuditActor = { kind: 'user', id: 'u1', name: 'ann' };

function budget(): { clock: ManualClock; told: RefusalSum[]; budget: RefusalBudget; written: (actor: AuditActor, sources: number, times: number) => number } {
  const clock = new ManualClock();
  const told: RefusalSum[] = [];
  const one = new RefusalBudget(clock, (sums) => void told.push(...sums));
  return { clock, told, budget: one, written: (actor, sources, times) => Array.from({ length: times }, (_, n) => one.take(actor, `192.0.2.${String(n % sources)}`)).filter(Boolean).length };
}

test('of one address ten a minute are written, of all that are unknown sixty, and whoever is known has sixty of their own', () => {
  const { written } = budget();
  assert.equal(written(NOBODY, 1, 50), 10);
  assert.equal(written(NOBODY, 200, 1000), 50);
  assert.equal(written(ANN, 1, 100), 60);
});

test('after a minute there is room again, and the sum of the minute is told once', () => {
  const { clock, told, written, budget: one } = budget();
  written(NOBODY, 1, 15);
  written(ANN, 30, 90);
  assert.equal(told.length, 0);
  clock.advance(60_000);
  assert.deepEqual(told.map(({ actor, count, sources }) => [actor.name, count, sources.length]), [['', 5, 1], ['ann', 30, 20]]);
  assert.equal(written(NOBODY, 1, 3), 3);
  clock.advance(600_000);
  one.flush();
  assert.equal(told.length, 2);
});

test('a clock that is set back does not shut the budget', () => {
  const clock = new ManualClock();
  const one = new RefusalBudget(clock, () => undefined);
  for (let n = 0; n < 20; n++) one.take(NOBODY, 'x');
  clock.advance(-3_600_000);
  assert.equal(one.take(NOBODY, 'x'), true);
});
