/** So many unasked ends within the window make a crash loop. */
export const CRASH_LIMIT = 5;
export const CRASH_WINDOW_MS = 10 * 60_000;
/** A crash loop is looked at again after this long: what caused it (a full disk, say) may be over. */
export const CRASH_LOOP_REST_MS = 15 * 60_000;

/** The crashes that still count at `now`, this one included. */
export function withCrash(crashes: readonly number[], now: number): number[] {
  return [...crashes.filter((at) => at > now - CRASH_WINDOW_MS && at <= now), now].slice(-CRASH_LIMIT);
}

export function isCrashLoop(crashes: readonly number[], now: number): boolean {
  return crashes.filter((at) => at > now - CRASH_WINDOW_MS && at <= now).length >= CRASH_LIMIT;
}
