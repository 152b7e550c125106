import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextHealth, type Health, type HealthStep, type Outcome } from './health.ts';

const READY: Outcome = { answered: 'ready' };
const SILENT: Outcome = { answered: 'no', message: 'It does not answer.' };
const RECOVERING: Outcome = { answered: 'starting', message: 'It is recovering.' };

/** The actions that a row of checks leads to, null left out. */
function actions(outcomes: readonly Outcome[]): HealthStep['action'][] {
  let health: Health | null = null;
  const taken: HealthStep['action'][] = [];
  for (const [at, outcome] of outcomes.entries()) {
    const step: HealthStep = nextHealth(health, outcome, at);
    health = step.health;
    if (step.action !== null) taken.push(step.action);
  }
  return taken;
}

test('three checks without an answer restart it once; three more are told; an answer ends it', () => {
  assert.deepEqual(actions([READY, SILENT, SILENT]), []);
  assert.deepEqual(actions([READY, SILENT, SILENT, SILENT]), ['restart']);
  assert.deepEqual(actions([SILENT, SILENT, SILENT, SILENT, SILENT, SILENT]), ['restart', 'tell']);
  assert.deepEqual(actions(new Array<Outcome>(50).fill(SILENT)), ['restart', 'tell'], 'not again and again');
  assert.deepEqual(actions([SILENT, SILENT, SILENT, READY, SILENT, SILENT, READY]), ['restart', 'recovered']);
  assert.deepEqual(actions([SILENT, SILENT, READY, SILENT, SILENT, READY, SILENT]), [], 'a hiccup is none of it');
});

test('one that says that it is recovering is left alone however long it takes', () => {
  assert.deepEqual(actions(new Array<Outcome>(100).fill(RECOVERING)), []);
  assert.deepEqual(actions([SILENT, SILENT, RECOVERING, SILENT, SILENT, RECOVERING]), []);
});

test('whatever the checks find: between two restarts it has answered, and nothing is told before a restart', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(READY, SILENT, RECOVERING), { maxLength: 60 }), (outcomes) => {
    let allowed = true;
    for (const action of actions(outcomes)) {
      if (action === 'restart') {
        assert.ok(allowed);
        allowed = false;
      } else if (action === 'recovered') allowed = true;
      else assert.equal(allowed, false);
    }
  }));
});

test('the time is that of the last change of state', () => {
  const first = nextHealth(null, READY, 10).health;
  assert.equal(nextHealth(first, READY, 20).health.since, 10);
  const failing = nextHealth(first, SILENT, 30).health;
  assert.deepEqual([failing.state, failing.since], ['failing', 30]);
  assert.equal(nextHealth(failing, SILENT, 40).health.since, 30);
});
