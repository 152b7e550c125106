import { cpuMs, listenersOf } from '../processes.ts';
import { inTurns, median } from '../statistics.ts';
import type { Family } from '../peers.ts';
import type { Stage } from './stage.ts';
import type { Target, Way } from './ways.ts';

/** What one run of a load came to. */
export interface Run {
  /** Operations per second. */
  readonly rate: number;
  readonly operations: number;
}

export interface Comparison<W extends Way> {
  /** Medians, operations per second. */
  readonly rates: Readonly<Record<W, number>>;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Load<W extends Way> {
  readonly family: Family;
  readonly tls: boolean;
  readonly ways: readonly W[];
  readonly rounds: number;
  readonly run: (target: Target, warmUp: boolean, way: W) => Promise<Run>;
}

/** The same load by every way in turn. Beside the rate also the CPU time of what stands in between: what is left when the load itself is dear. */
export async function compare<W extends Way>(stage: Stage, { family, tls, ways, rounds, run }: Load<W>): Promise<Comparison<W>> {
  const spent = new Map<W, { operations: number; cpu: number }>(ways.map((way) => [way, { operations: 0, cpu: 0 }]));
  const values = await inTurns(rounds, ways, async (way, warmUp) => {
    const target = await stage.target(family, way, tls);
    const between = target.socket === null ? await listenersOf(target.port) : [];
    const before = await cpuMs(between);
    const { rate, operations } = await run(target, warmUp, way);
    const sum = spent.get(way);
    if (sum !== undefined && !warmUp) {
      sum.cpu += (await cpuMs(between)) - before;
      sum.operations += operations;
    }
    return rate;
  });
  const each = <T>(value: (way: W) => T): Record<W, T> => Object.fromEntries(ways.map((way) => [way, value(way)])) as Record<W, T>;
  const cpu = each((way) => Number((((spent.get(way)?.cpu ?? 0) * 1000) / (spent.get(way)?.operations ?? 1)).toFixed(2)));
  return { rates: each((way) => median(values[way])), detail: { ...values, cpuMicrosecondsInBetweenPerOperation: cpu } };
}
