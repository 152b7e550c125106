/*
 * Times in the store that are to come may have been written while a clock was wrong, by years. What is further ahead than it ever can be has
 * nothing to say: it is due. Generous, so that machines whose clocks differ a little agree on what is said.
 */

/** A next look at an instance: the longest rest, of a crash loop, is a quarter of an hour. */
export const LONGEST_REST_MS = 3_600_000;
/** A lease: half a minute. */
export const LONGEST_LEASE_MS = 5 * 60_000;

/** Milliseconds until `at`; 0: it has come, or cannot have been meant. null: nothing is waited for. */
export function timeLeft(at: number | null, now: number, longest: number = LONGEST_REST_MS): number {
  if (at === null || at <= now || at > now + longest) return 0;
  return at - now;
}
