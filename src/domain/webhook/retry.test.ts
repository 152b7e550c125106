import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FAILING_FOR_MS, outcomeOf, TRIED_FOR_MS, type Attempt } from './retry.ts';
import type { Delivery } from './webhook.ts';

const NOW = 1_800_000_000_000;
const fresh: Delivery = {
  id: 'msg_1', webhookId: 'w1', eventId: 1, type: 'instance.failed', body: '{}', state: 'pending', held: true, attempts: 0, firstTriedAt: null, lastTriedAt: null,
  nextTryAt: NOW, lastStatus: null, lastError: null, createdAt: NOW,
};
const answer = (status: number | null, more: Partial<Attempt> = {}): Attempt => ({ status, error: null, retryAfterMs: null, ...more });

test('2xx is delivered, and nothing else is', () => {
  fc.assert(fc.property(fc.integer({ min: 200, max: 599 }), (status) => {
    assert.equal(outcomeOf(answer(status), fresh, null, NOW, 0.5).state === 'delivered', status < 300);
  }));
  assert.equal(outcomeOf(answer(null, { error: 'no answer' }), fresh, null, NOW, 0.5).state, 'pending');
});

/** Tries a delivery until it is given up: when each try was, counted from the first. */
function schedule(random: number): { at: number; held: boolean }[] {
  const tries: { at: number; held: boolean }[] = [];
  let delivery = fresh;
  for (let now = NOW; ;) {
    const outcome = outcomeOf(answer(503), delivery, null, now, random);
    tries.push({ at: now - NOW, held: outcome.held });
    if (outcome.nextTryAt === null) return tries;
    assert.ok(outcome.nextTryAt > now);
    delivery = { ...delivery, attempts: delivery.attempts + 1, firstTriedAt: delivery.firstTriedAt ?? now, held: outcome.held };
    now = outcome.nextTryAt;
  }
}

test('one that fails is tried again for a day, less and less often, then given up', () => {
  for (const random of [0, 0.5, 1]) {
    const tries = schedule(random);
    assert.equal(tries.at(-1)?.at, TRIED_FOR_MS);
    assert.ok(tries.length >= 12 && tries.length <= 24, String(tries.length));
    assert.ok(tries[1]!.at <= 10_000 && tries[1]!.at >= 5000);
  }
});

test('it holds up those behind it for minutes, not for a day', () => {
  for (const random of [0, 1]) {
    const letsGo = schedule(random).find(({ held }) => !held);
    assert.ok(letsGo!.at > 2 * 60_000 && letsGo!.at < 6 * 60_000, String(letsGo!.at));
  }
});

test('410 switches the webhook off at once, and a receiver that has failed for three days too', () => {
  assert.deepEqual(outcomeOf(answer(410), fresh, null, NOW, 0.5), { state: 'gave_up', held: false, nextTryAt: null, status: 410, error: 'The receiver answered 410.', disable: 'gone' });
  assert.equal(outcomeOf(answer(500), fresh, NOW - FAILING_FOR_MS + 1, NOW, 0.5).disable, null);
  assert.equal(outcomeOf(answer(500), fresh, NOW - FAILING_FOR_MS, NOW, 0.5).disable, 'failing');
  assert.equal(outcomeOf(answer(204), fresh, NOW - FAILING_FOR_MS, NOW, 0.5).disable, null);
});

test('a receiver may ask for more time, within bounds', () => {
  const next = (retryAfterMs: number): number => outcomeOf(answer(429, { retryAfterMs }), fresh, null, NOW, 0.5).nextTryAt! - NOW;
  assert.equal(next(120_000), 120_000);
  assert.equal(next(1), 7500);
  assert.equal(next(1e12), 4 * 3_600_000);
});

test('a test is tried once', () => {
  assert.equal(outcomeOf(answer(500), { ...fresh, type: 'webhook.test' }, null, NOW, 0.5).state, 'gave_up');
});
