/**
 * Whether a running database answers, as the monitor sees it.
 * `healthy`: the last check got an answer. `starting`: it says itself that it is not ready (recovering, loading). `failing`: it gave no
 * answer, so far fewer than three times in a row. `unhealthy`: three times or more.
 */
export type HealthState = 'healthy' | 'starting' | 'failing' | 'unhealthy';

export interface Health {
  readonly state: HealthState;
  /** Since when in this state, milliseconds since 1970. */
  readonly since: number;
  /** What it answered, or that it did not; null while all is well. */
  readonly message: string | null;
  /** Checks in a row without an answer since the last restart; counted up to one more than the limit. */
  readonly failures: number;
  /** Whether it was restarted for it, in this row of failures. */
  readonly restarted: boolean;
}

export type Outcome =
  | { readonly answered: 'ready' }
  | { readonly answered: 'starting'; readonly message: string }
  | { readonly answered: 'no'; readonly message: string };

/** So many checks in a row without an answer are no hiccup any more. */
export const FAILURES_LIMIT = 3;

export interface HealthStep {
  readonly health: Health;
  /** What to do about it: `restart` once in a row of failures, `tell` when the restart has not helped, `recovered` when it answers again after having been unhealthy. */
  readonly action: 'restart' | 'tell' | 'recovered' | null;
}

/** What a check makes of what was known. Pure. */
export function nextHealth(before: Health | null, outcome: Outcome, now: number): HealthStep {
  if (outcome.answered === 'ready') {
    const health: Health = { state: 'healthy', since: before?.state === 'healthy' ? before.since : now, message: null, failures: 0, restarted: false };
    return { health, action: before?.state === 'unhealthy' || before?.restarted === true ? 'recovered' : null };
  }
  const restarted = before?.restarted ?? false;
  if (outcome.answered === 'starting') {
    // A long recovery must never be cut short: it says that it is at work, so that is no failure.
    return { health: { state: 'starting', since: before?.state === 'starting' ? before.since : now, message: outcome.message, failures: 0, restarted }, action: null };
  }
  const failures = Math.min((before?.failures ?? 0) + 1, FAILURES_LIMIT + 1);
  const state = failures >= FAILURES_LIMIT ? 'unhealthy' : 'failing';
  const health: Health = { state, since: before?.state === state ? before.since : now, message: outcome.message, failures, restarted };
  if (failures !== FAILURES_LIMIT) return { health, action: null };
  return restarted ? { health, action: 'tell' } : { health: { ...health, failures: 0, restarted: true }, action: 'restart' };
}
