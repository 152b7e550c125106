import { backoffMs } from '../instance/backoff.ts';
import type { Delivery, DisabledReason } from './webhook.ts';
import { TEST_TYPE } from './webhook.ts';

const HOUR_MS = 3_600_000;
const BACKOFF = { baseMs: 10_000, maxMs: 4 * HOUR_MS };
/** One delivery is tried for so long. */
export const TRIED_FOR_MS = 24 * HOUR_MS;
/** A webhook that nothing has reached for so long is switched off. */
export const FAILING_FOR_MS = 72 * HOUR_MS;
/** After so many tries (some five minutes) those behind it wait no longer: one event that a receiver chokes on must not stop all others. */
const HELD_ATTEMPTS = 6;
/** No receiver may put us off for longer. */
const LONGEST_RETRY_AFTER_MS = 4 * HOUR_MS;

/** What came of one try. `status` null: no answer, and `error` says why. */
export interface Attempt {
  readonly status: number | null;
  readonly error: string | null;
  /** As the receiver asked for; null: it did not. */
  readonly retryAfterMs: number | null;
}

/** What is written down of it. */
export interface Outcome {
  readonly state: Delivery['state'];
  readonly held: boolean;
  readonly nextTryAt: number | null;
  readonly status: number | null;
  readonly error: string | null;
  /** Set: the webhook is switched off. */
  readonly disable: Exclude<DisabledReason, 'demoted'> | null;
}

/**
 * @param delivery as it was before the try
 * @param failingSince of the webhook, before the try
 * @param random 0..1
 */
export function outcomeOf(attempt: Attempt, delivery: Delivery, failingSince: number | null, now: number, random: number): Outcome {
  const { status, retryAfterMs } = attempt;
  if (status !== null && status >= 200 && status < 300) return { state: 'delivered', held: false, nextTryAt: null, status, error: null, disable: null };
  const error = attempt.error ?? `The receiver answered ${String(status)}.`;
  const gaveUp = { state: 'gave_up', held: false, nextTryAt: null, status, error } as const;
  if (status === 410) return { ...gaveUp, disable: 'gone' };
  const disable = failingSince !== null && now - failingSince >= FAILING_FOR_MS ? 'failing' : null;
  const end = (delivery.firstTriedAt ?? now) + TRIED_FOR_MS;
  if (delivery.type === TEST_TYPE || now >= end) return { ...gaveUp, disable };
  const tries = delivery.attempts + 1;
  const wait = Math.max(backoffMs(tries, random, BACKOFF), Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS));
  return { state: 'pending', held: delivery.held && tries < HELD_ATTEMPTS, nextTryAt: Math.min(now + wait, end), status, error, disable };
}
