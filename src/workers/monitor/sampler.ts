import type { GatewayActivity } from '../../domain/gateway/activity.ts';
import type { Sample } from '../../domain/monitoring/sample.ts';
import type { EngineFigures } from '../../domain/ports/engine.ts';
import type { Stats } from '../../domain/ports/runtime.ts';

/** What was read of one instance at one moment; totals, of which the difference to the reading before makes rates. */
export interface Reading {
  readonly at: number;
  readonly stats: Omit<Stats, 'diskBytes'> | null;
  readonly diskBytes: number | null;
  readonly figures: EngineFigures | null;
  readonly gateway: GatewayActivity | null;
}

/** Figures between two readings. Pure. What began anew in between (a restart: totals fall) is not known. */
export function sampleOf(before: Reading | null, now: Reading): Sample {
  const seconds = before === null ? 0 : (now.at - before.at) / 1000;
  const rate = (read: (reading: Reading) => number | null | undefined): number | null => {
    const [from, to] = [before === null ? null : read(before), read(now)];
    if (from === null || from === undefined || to === null || to === undefined || to < from || seconds <= 0) return null;
    return (to - from) / seconds;
  };
  const cpuMsRate = rate(({ stats }) => stats?.cpuMs);
  return {
    cpus: cpuMsRate === null ? null : cpuMsRate / 1000,
    memoryBytes: now.stats?.memoryBytes ?? null,
    diskBytes: now.diskBytes,
    connections: now.gateway?.open ?? 0,
    bytesInRate: rate(({ gateway }) => gateway?.bytesIn ?? 0),
    bytesOutRate: rate(({ gateway }) => gateway?.bytesOut ?? 0),
    databaseBytes: now.figures?.databaseBytes ?? null,
    keys: now.figures?.keys ?? null,
    operationRate: rate(({ figures }) => figures?.operations),
    hitRatio: hitRatio(before?.figures ?? null, now.figures),
  };
}

/** Of the reads in between; null without any. */
function hitRatio(before: EngineFigures | null, now: EngineFigures | null): number | null {
  const since = (read: (figures: EngineFigures) => number | null): number => (before === null || now === null ? NaN : (read(now) ?? NaN) - (read(before) ?? NaN));
  const [hits, misses] = [since((figures) => figures.hits), since((figures) => figures.misses)];
  return hits >= 0 && misses >= 0 && hits + misses > 0 ? hits / (hits + misses) : null;
}
