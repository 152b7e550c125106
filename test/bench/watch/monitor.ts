/** What it costs to look after many databases at which nothing happens. */
import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../../support/wait.ts';
import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { cpuMs, residentMegabytes } from '../processes.ts';
import { stopping } from '../stop.ts';
import { listAll, makeInstances, removeAll, startWithoutQuotas } from './instances.ts';

const LIMIT_PERCENT = 5;
const LOOK_MS = 10_000;
const EMPTY_SECONDS = 30;
const SETTLE_MS = 10_000;

/** All parts are in the one process, as it ships. */
export async function monitorCost(): Promise<Figure[]> {
  const count = option('instances', 300);
  const seconds = option('seconds', 120);
  await using server = await startWithoutQuotas('docker');
  const pid = server.pid ?? 0;
  try {
    await pause(SETTLE_MS);
    const empty = await percentOfCore(pid, EMPTY_SECONDS);
    await makeInstances(server, count, 0.1);
    await waitFor(async () => (await listAll(server)).filter(({ health }) => health?.state === 'healthy').length === count, {
      what: `the monitor to have seen ${count} healthy ones`, timeoutMs: 120_000, intervalMs: 2000,
    });
    await pause(SETTLE_MS);
    const busy = await percentOfCore(pid, seconds);
    const healthy = (await listAll(server)).filter(({ health }) => health?.state === 'healthy').length;
    if (healthy !== count) throw new Error(`Only ${healthy} of ${count} are healthy at the end`);
    const detail = {
      measured: `CPU time of the process (user and system) in /proc over ${seconds} s, in percent of one core; the empty one before, over ${EMPTY_SECONDS} s. `
        + 'The sizes of the data directories are walked every ten minutes: the next time after the 120 s, so that it takes --seconds=600 to have them in',
      perTenSeconds: busy.looks, withoutInstances: empty, residentMegabytes: await residentMegabytes([pid]),
    };
    return [{ what: `control plane with ${count} Redis instances at rest, CPU of one core`, ours: busy.percent, peer: null, unit: '%', limit: LIMIT_PERCENT, detail }];
  } finally {
    await removeAll(server);
  }
}

async function percentOfCore(pid: number, seconds: number): Promise<{ percent: number; looks: number[] }> {
  const looks: number[] = [];
  const begin = { at: performance.now(), used: await cpuMs([pid]) };
  let before = begin;
  for (let left = seconds * 1000; left > 0; left = begin.at + seconds * 1000 - before.at) {
    await pause(Math.min(LOOK_MS, left), undefined, { signal: stopping });
    const now = { at: performance.now(), used: await cpuMs([pid]) };
    looks.push((100 * (now.used - before.used)) / (now.at - before.at));
    before = now;
  }
  return { percent: (100 * (before.used - begin.used)) / (before.at - begin.at), looks };
}
