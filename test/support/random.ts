/** Random choices that a seed repeats. */
export interface Random {
  readonly seed: number;
  /** 0 <= x < 1 */
  unit(): number;
  /** Whole number, both ends included. */
  between(from: number, to: number): number;
  pick<T>(choices: readonly T[]): T | undefined;
}

/** Seeded by `DBMAKER_TEST_SEED`, else by chance: print `seed` with a failure, so that it can be repeated. */
export function createRandom(seed = Number(process.env['DBMAKER_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))): Random {
  let state = seed | 0;
  const unit = (): number => {
    // mulberry32: tiny, and good enough to choose by
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number): number => from + Math.floor(unit() * (to - from + 1));
  return { seed, unit, between, pick: (choices) => choices[between(0, choices.length - 1)] };
}
