/**
 * Exponential delay with full jitter on its upper half, so that many instances that failed together do not come back together.
 * @param attempt 1 for the first failure
 * @param random 0..1
 * @returns milliseconds
 */
export function backoffMs(attempt: number, random: number, options: { baseMs: number; maxMs: number }): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(30, Math.max(0, attempt - 1)));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
