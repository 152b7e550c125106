import { Agent, request } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { needsWork } from '../../src/domain/instance/needs-work.ts';
import type { Log } from '../../src/domain/ports/log.ts';
import { systemClock } from '../../src/main/clock.ts';
import { openStore } from '../../src/store/index.ts';
import { resync } from '../../src/workers/reconciler/resync.ts';
import type { ReconcilerPorts } from '../../src/workers/reconciler/context.ts';
import { startServer } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';
import { SimulatedRuntime } from '../support/simulated-runtime.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { run } from '../support/run.ts';
import type { Figure } from './figure.ts';
import { copyInstance } from './rows.ts';
import { quantile } from './statistics.ts';

const ROWS = 10_000;
const RATE = 200;
const SECONDS = 10;
const RUNS = 3;

/** Both figures over a store of 10,000 rows: a page of the list under load, and one full resync. */
export async function manyRows(limits: { listMs: number; resyncMs: number }): Promise<Figure[]> {
  await using scratch = await temporaryDirectory('bench');
  const home = path.join(scratch.path, 'home');
  const server = await startServer({ runtime: 'process', home, env: { DBMAKER_LOG_LEVEL: 'info' } });
  try {
    await makePattern(server);
    await server.kill('SIGTERM');
    copyInstance(home, ROWS);
    await server.start();
    const list = await listUnderLoad(server, limits.listMs);
    // Stopped without deleting: these rows have nothing behind them that would have to be removed.
    await server.kill('SIGTERM');
    return [list, await fullResync(home, limits.resyncMs)];
  } finally {
    await server.kill('SIGKILL');
    await server.dispose();
  }
}

async function makePattern(server: TestServer): Promise<void> {
  const made = await server.api<{ id: string }>('POST', '/api/containers', { template: 'redis', name: 'pattern' }, { prefer: 'wait=60' });
  const stopped = await server.api<{ status: string }>('POST', `/api/containers/${made.body.id}/stop`, undefined, { prefer: 'wait=60' });
  if (stopped.body.status !== 'stopped') throw new Error(`The pattern could not be made: ${JSON.stringify([made.body, stopped.body])}`);
}

/** The median of several runs: a stall of the machine in one of them is not our tail. */
async function listUnderLoad(server: TestServer, limit: number): Promise<Figure> {
  const cursors = await firstCursors(server, 50);
  const runs: Latency[] = [];
  for (let round = 0; round < RUNS; round += 1) runs.push(await load(server, cursors));
  const ours = quantile(runs.map(({ p99 }) => p99), 0.5);
  return { what: `GET /api/containers, ${ROWS} rows, page of 50, p99 at ${RATE}/s`, ours, peer: null, unit: 'ms', limit, detail: { rows: ROWS, runs } };
}

type Latency = Readonly<Record<'p50' | 'p95' | 'p99' | 'max' | 'requests', number>>;

/** Requests at a fixed rate, whatever the answers do: the time of each counts from when it was due, so that a stall is not hidden. */
async function load(server: TestServer, cursors: readonly string[]): Promise<Latency> {
  const authorization = `Bearer ${await server.adminToken()}`;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const times: number[] = [];
  const pending: Promise<void>[] = [];
  const started = performance.now() + 100;
  for (let index = 0; index < RATE * (SECONDS + 2); index += 1) {
    const due = started + (index * 1000) / RATE;
    const wait = due - performance.now();
    if (wait > 0) await pause(wait);
    // Every other one the first page, which everybody asks for; else any of the next 50.
    const cursor = index % 2 === 0 ? null : cursors[index % cursors.length];
    const target = `${server.url}/api/containers?limit=50${cursor === null || cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const counted = index >= RATE * 2; // the first two seconds warm up
    pending.push(
      get(target, authorization, agent).then(() => {
        if (counted) times.push(performance.now() - due);
      }),
    );
  }
  await Promise.all(pending);
  agent.destroy();
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), p99: quantile(times, 0.99), max: quantile(times, 1), requests: times.length };
}

async function firstCursors(server: TestServer, count: number): Promise<string[]> {
  const cursors: string[] = [];
  let cursor = '';
  while (cursors.length < count) {
    const { body } = await server.api<{ items: unknown[]; next: string | null }>('GET', `/api/containers?limit=50${cursor}`);
    if (body.items.length !== 50 || body.next === null) throw new Error('The rows are not there');
    cursors.push(body.next);
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
  return cursors;
}

function get(target: string, authorization: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(target, { agent, headers: { authorization } }, (response) => {
      response.resume();
      response.once('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`The list said ${response.statusCode ?? '?'}`))));
    });
    asked.once('error', reject);
    asked.end();
  });
}

/** CPU time of comparing 10,000 rows of the real store with 10,000 running things; only the runtime keeps books instead of running them. */
async function fullResync(home: string, limit: number): Promise<Figure> {
  const store = await openStore({ home, databaseUrl: null, clock: systemClock, log: silent });
  try {
    const runtime = new SimulatedRuntime(systemClock);
    for (const { id } of await store.instances.overview()) runtime.things.set(id, { state: 'exited', exitCode: 0, startedAt: 0, finishedAt: 0, fingerprint: null, data: true });
    const ports = { store, runtime, clock: systemClock, log: silent } as unknown as ReconcilerPorts; // all that a resync uses
    let wanting = 0;
    const times: number[] = [];
    for (let round = 0; round < 11; round += 1) {
      const before = process.cpuUsage();
      await resync(ports, () => (wanting += 1));
      const { user, system } = process.cpuUsage(before);
      if (round > 0) times.push((user + system) / 1000);
    }
    if (wanting > 0) throw new Error(`${wanting} rows were not at rest (see ${needsWork.name})`);
    return { what: `one full resync over ${ROWS} rows, CPU time`, ours: quantile(times, 0.5), peer: null, unit: 'ms', limit, detail: { times } };
  } finally {
    await store.close();
  }
}

const nothing = (): void => undefined;
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };

/** What the figures were measured on. */
export async function machine(): Promise<Record<string, string>> {
  const cpu = /^model name\s*: (.+)$/m.exec(await readFile('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  const docker = await run('docker', ['version', '--format', '{{.Server.Version}}']).catch(() => 'none');
  return { cpu, node: process.version, docker: docker.trim() };
}
