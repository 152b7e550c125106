import { stopping } from './stop.ts';

/** The value below which the share `q` (0..1) of the sorted-by-us values lies: nearest rank, so always a measured one. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

/** Milliseconds that `work` takes. */
export async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * Runs both in turn, so that whatever else the machine does hits both alike; the first round of each warms up and is not counted.
 * @returns the milliseconds that each measured
 */
export async function interleaved(rounds: number, ours: () => Promise<number>, peer: () => Promise<number>): Promise<{ ours: number[]; peer: number[] }> {
  const times = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const one = await ours();
    const other = await peer();
    if (round === 0) continue;
    times.ours.push(one);
    times.peer.push(other);
  }
  return times;
}

/**
 * Like `interleaved` for any number of ways; each round begins with another one, so that none always follows the same.
 * `measure` is told whether it only warms up.
 */
export async function inTurns<Way extends string>(rounds: number, ways: readonly Way[], measure: (way: Way, warmUp: boolean) => Promise<number>): Promise<Record<Way, number[]>> {
  const values = Object.fromEntries(ways.map((way) => [way, []])) as unknown as Record<Way, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < ways.length; turn += 1) {
      const way = ways[(round + turn) % ways.length];
      if (way === undefined) continue;
      stopping.throwIfAborted();
      const value = await measure(way, round === 0);
      if (round > 0) values[way].push(value);
    }
  }
  return values;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
