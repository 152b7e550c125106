/** Row 4: what the way through the gateway adds for one client. */
import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { quantile } from '../statistics.ts';
import { load } from './load-client.ts';
import type { LatencyAnswer, LatencyTask } from './load/latency.ts';
import type { Stage } from './stage.ts';
import { WAYS } from './ways.ts';
import type { Target, Way } from './ways.ts';

const SAMPLES = 500;

export async function addedLatency(stage: Stage): Promise<Figure[]> {
  const targets: [Way, Target][] = [];
  for (const way of WAYS) targets.push([way, await stage.target('redis', way, false)]);
  const times = await pings(Object.fromEntries(targets), 4 * option('rounds', 5));
  const p50 = Object.fromEntries(Object.entries(times).map(([way, all]) => [way, quantile(all, 0.5)]));
  const direct = p50['socket'] ?? 0;
  const added = Object.fromEntries(Object.entries(p50).filter(([way]) => way !== 'socket').map(([way, value]) => [way, value - direct]));
  const detail = { load: 'PING to Redis over one kept connection, in turns', p50, p99: Object.fromEntries(Object.entries(times).map(([way, all]) => [way, quantile(all, 0.99)])), samples: times['socket']?.length };
  return [{ what: 'added latency, 1 client, plain, direct port, p50', ours: added['gateway'] ?? Infinity, peer: null, unit: 'us', limit: 60, beside: added, detail }];
}

/** Round trips in microseconds, by each target in turn. */
export async function pings(targets: Readonly<Record<string, Target>>, rounds: number): Promise<LatencyAnswer> {
  const ways = Object.fromEntries(Object.entries(targets).map(([way, { socket, host, port, username, password }]) => [
    way, { where: socket === null ? { host, port } : { path: socket }, username, password },
  ]));
  return load<LatencyAnswer>('latency', { ways, rounds, samples: SAMPLES } satisfies LatencyTask, { timeoutMs: 120_000 });
}
