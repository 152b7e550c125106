/** An hour of 10,000 databases, in a process of its own. */
import path from 'node:path';
import { serverCommand } from '../../../scripts/setup/server-command.mjs';
import { execute } from '../execute.ts';
import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { quantile } from '../statistics.ts';
import type { Hour, HourTask } from './load/hour.ts';

const LIMITS = { resyncMs: 1000, growth: 1.1 };
/** Of work in the hour; a machine that is busy with other things takes several times as long. */
const TIMEOUT_MS = 90 * 60_000;

export async function hourOfMany(): Promise<Figure[]> {
  const instances = option('instances', 10_000);
  const minutes = option('minutes', 60);
  const warmUp = Math.max(1, Math.round(minutes / 6));
  const task = { instances, minutes, warmUp } satisfies HourTask;
  const { program, args } = serverCommand(path.resolve(import.meta.dirname, '../../..'), {});
  const flags = args.slice(0, -1); // a heap of the same shape as the server's
  const said = await execute(program, [...flags, '--expose-gc', path.join(import.meta.dirname, 'load', 'hour.ts')], { env: { BENCH_TASK: JSON.stringify(task) }, timeoutMs: TIMEOUT_MS });
  const hour = JSON.parse(said) as Hour;
  const detail = {
    ...hour,
    measured: 'reconciler, policies and monitor over a real SQLite store, a simulated runtime and engines that answer at once, by a clock that is moved; in each minute some databases crash and are restarted. '
      + 'Heap: after a collection. RSS: as it is, the median of the last minutes before. Resync: CPU time, the median of several after the hour',
  };
  const what = `${instances} instances for ${minutes} simulated minutes`;
  const flat = { unit: 'MB', limit: LIMITS.growth, detail };
  return [
    { what: `one full resync over ${instances} running instances, CPU time`, ours: quantile(hour.resyncMs, 0.5), peer: null, unit: 'ms', limit: LIMITS.resyncMs, detail },
    { what: `${what}: heap at the end / after ${warmUp}`, ours: hour.heap.end, peer: hour.heap.warm, ...flat },
    { what: `${what}: RSS at the end / after ${warmUp}`, ours: hour.resident.end, peer: hour.resident.warm, ...flat },
  ];
}
