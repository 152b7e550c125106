/** Lets an hour pass over many running databases, and says what that took. */
import { temporaryDirectory } from '../../../support/tmp.ts';
import { answer, task } from '../../gateway/load/task.ts';
import { quantile } from '../../statistics.ts';
import { World } from '../world.ts';

export interface HourTask {
  readonly instances: number;
  readonly minutes: number;
  /** Minutes after which memory is looked at for the first time. */
  readonly warmUp: number;
}

export interface Hour {
  /** Megabytes. */
  readonly heap: { readonly warm: number; readonly end: number };
  readonly resident: { readonly warm: number; readonly end: number; readonly eachMinute: readonly number[] };
  readonly resyncMs: readonly number[];
  /** CPU time of the whole hour, and of each minute. */
  readonly cpuSeconds: number;
  readonly cpuSecondsEachMinute: readonly number[];
  readonly wallSeconds: number;
  readonly probes: number;
  readonly storeCalls: number;
  readonly crashes: number;
  readonly warnings: number;
  readonly firstWarning: string | null;
}

/** As the monitor's tick. */
const STEP_MS = 500;
/** One in so many crashes in each minute. */
const CRASHES = 500;
const RESYNCS = 11;
const MB = 1024 ** 2;
const { instances, minutes, warmUp } = task<HourTask>();

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

function heapMegabytes(): number {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed / MB;
}

await using scratch = await temporaryDirectory('hour');
await using world = await World.open(scratch.path, instances);
const ids = [...world.runtime.things.keys()];
world.start();
await world.step(STEP_MS);

const began = { cpu: cpuSeconds(), wall: performance.now(), probes: world.probes, calls: world.calls.total };
const resident: number[] = [];
const cpuEachMinute: number[] = [];
const heap = { warm: NaN, end: NaN };
let crashes = 0;
let collecting = 0;
for (let minute = 1; minute <= minutes; minute += 1) {
  const before = cpuSeconds();
  for (let step = 0; step < 60_000 / STEP_MS; step += 1) await world.step(STEP_MS);
  // Never the same twice within the ten minutes that make a crash loop.
  for (let index = minute % CRASHES; index < ids.length; index += CRASHES) {
    world.runtime.crash(ids[index] ?? '');
    crashes += 1;
  }
  resident.push(process.memoryUsage.rss() / MB);
  cpuEachMinute.push(cpuSeconds() - before);
  if (minute !== warmUp && minute !== minutes) continue;
  const collected = cpuSeconds();
  heap[minute === minutes ? 'end' : 'warm'] = heapMegabytes();
  collecting += cpuSeconds() - collected;
}
const ended = { cpu: cpuSeconds(), wall: performance.now(), probes: world.probes, calls: world.calls.total };

await world.step(STEP_MS); // the last that crashed are restarted
const resyncMs: number[] = [];
for (let round = 0; round < RESYNCS; round += 1) {
  const before = cpuSeconds();
  await world.reconciler.resyncNow();
  if (round > 0) resyncMs.push((cpuSeconds() - before) * 1000);
}
const notRunning = (await world.store.instances.overview()).filter(({ phase }) => phase !== 'running').length;
if (notRunning > 0) throw new Error(`${notRunning} do not run at the end: ${JSON.stringify(world.told)}`);

const lastMinutes = (until: number): number => quantile(resident.slice(Math.max(0, until - 5), until), 0.5);
answer({
  heap, resident: { warm: lastMinutes(warmUp), end: lastMinutes(minutes), eachMinute: resident }, resyncMs,
  cpuSeconds: ended.cpu - began.cpu - collecting, cpuSecondsEachMinute: cpuEachMinute, wallSeconds: (ended.wall - began.wall) / 1000,
  probes: ended.probes - began.probes, storeCalls: ended.calls - began.calls, crashes, ...world.told,
} satisfies Hour);
