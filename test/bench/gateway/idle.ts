/** Row 7: what 10,000 idle connections cost, in memory and for those who work. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { listenersOf, residentMegabytes } from '../processes.ts';
import { quantile } from '../statistics.ts';
import { withRedis } from '../../support/clients.ts';
import { install, makeInstance } from './installation.ts';
import type { Place } from './installation.ts';
import { pings } from './latency.ts';
import { hold } from './load-client.ts';
import type { IdleTask } from './load/idle.ts';
import { allowedOpenFiles } from './open-files.ts';

/** For the server: two for each connection, and some of its own. Its instances inherit it. */
const OPEN_FILES = 100_000;
const OWN_FILES = 500;
const MEGABYTES_FOR_10_000 = 300;
const SETTLE_MS = 5_000;
const ROUNDS = 10;
/** What two equal measurements may differ by, on a machine that does other things too. */
const NOISE = { p50: 1.1, p99: 1.5 };

/** As local processes: whose limit of open files is ours to raise. The idle ones sit on one Redis, the active one is at another, whose own work is then not measured. */
export async function idleConnections(): Promise<Figure[]> {
  const openFiles = await allowedOpenFiles(OPEN_FILES);
  const connections = Math.min(option('connections', 10_000), Math.floor((openFiles - OWN_FILES) / 2));
  await using installation = await install({ runtime: 'process', through: ['prlimit', `--nofile=${openFiles}:${openFiles}`] });
  const crowded = await makeInstance(installation.server, 'redis', 'bench-crowded');
  const active = await makeInstance(installation.server, 'redis', 'bench-active');
  await withRedis({ ...crowded.direct }, (client) => client.config('SET', 'maxclients', connections + 1000));
  const gateway = await listenersOf(crowded.direct.port);

  const atRest = await residentMegabytes(gateway);
  const before = await latencies(active);
  const { port, username, password } = crowded.direct;
  const task = { port, username, password, connections, addresses: 100 } satisfies IdleTask;
  let withThem: Latencies;
  let resident: number;
  {
    await using idle = await hold('idle', task, { timeoutMs: 180_000, openFiles });
    await pause(SETTLE_MS);
    resident = await residentMegabytes(gateway);
    withThem = await latencies(active);
    if (idle.output().includes('failed')) throw new Error(`An idle connection was closed: ${idle.output()}`);
  }
  await pause(SETTLE_MS);
  const after = await latencies(active);
  // Between the two without: whatever the machine did more and more is then in both.
  const without = { p50: (before.p50 + after.p50) / 2, p99: (before.p99 + after.p99) / 2 };
  const what = `${connections} idle connections, plain`;
  const detail = { openFilesOfAProcess: openFiles, before, withThem, after, gatewayProcesses: gateway.length, residentAtRest: atRest, residentAfter: await residentMegabytes(gateway) };
  return [
    { what: `${what}: memory (RSS)`, ours: resident, peer: null, unit: 'MB', limit: Math.round(MEGABYTES_FOR_10_000 * Math.min(1, connections / 10_000)), detail },
    { what: `${what}: latency of an active one, p50, with / without`, ours: withThem.p50, peer: without.p50, unit: 'us', limit: NOISE.p50, detail },
    { what: `${what}: latency of an active one, p99, with / without`, ours: withThem.p99, peer: without.p99, unit: 'us', limit: NOISE.p99, detail },
  ];
}

interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

async function latencies({ direct }: Place): Promise<Latencies> {
  const { gateway = [] } = await pings({ gateway: direct }, ROUNDS);
  return { p50: quantile(gateway, 0.5), p99: quantile(gateway, 0.99) };
}
