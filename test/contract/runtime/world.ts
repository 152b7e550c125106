import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Connect } from '../../../src/domain/ports/connector.ts';
import type { Engine, EngineTarget } from '../../../src/domain/ports/engine.ts';
import type { Runtime, Workload } from '../../../src/domain/ports/runtime.ts';
import { postgresql } from '../../../src/engines/postgresql/engine.ts';
import { redis } from '../../../src/engines/redis/engine.ts';
import { systemClock } from '../../../src/main/clock.ts';
import { waitFor } from '../../support/wait.ts';

export type DatabaseEngine = 'postgresql' | 'redis';
export const ENGINES: Readonly<Record<DatabaseEngine, Engine>> = { postgresql, redis };
export const GRACE = { graceMs: 10_000 };

/** An installation of one test: a home, a runtime, and what it takes to look at it from outside. */
export interface RuntimeWorld {
  readonly runtime: Runtime;
  /** A new object over the same home: what the next server has after a kill -9 of this one. */
  reopen(): Runtime;
  readonly connect: Connect;
  /** A workload of this installation that really runs here; see makeWorkload. */
  workload(engine: DatabaseEngine, overrides?: Partial<Workload>): Workload;
  /** kill -9 of the engine's first process, by somebody else. */
  kill(id: string): Promise<void>;
  readonly can: {
    readonly pause: boolean;
    /** Whether an observation tells that memory was the reason of an end. */
    readonly tellOutOfMemory: boolean;
  };
  /** Ends and removes everything, also when the test failed. */
  dispose(): Promise<void>;
}

/** A test with a world of its own. */
export function worldTest(name: string, setup: () => Promise<RuntimeWorld>, work: (world: RuntimeWorld) => Promise<void>): void {
  test(name, { timeout: 120_000 }, async () => {
    const world = await setup();
    try {
      await work(world);
    } finally {
      await world.dispose();
    }
  });
}

let ordinals = 20_000;

/** As production makes it: the engine's launch() and its default places. */
export function makeWorkload(engine: DatabaseEngine, image: string, overrides: Partial<Workload> = {}): Workload {
  const { defaults, launch } = ENGINES[engine];
  const id = overrides.id ?? `t${randomBytes(6).toString('hex').slice(0, 11)}`;
  const slug = `ann-${engine}-${id}`;
  const username = engine === 'redis' ? slug : 'ann';
  const resources = overrides.resources ?? { memoryBytes: 256 * 1024 * 1024, cpus: 1, pids: 128 };
  const launched = launch({
    slug, username, password: randomBytes(12).toString('base64url'), database: engine === 'redis' ? '0' : 'ann_db', memoryBytes: resources.memoryBytes,
    socketDirectory: defaults.socketDirectory, socketName: defaults.socketName, dataPath: defaults.dataPath,
    port: engine === 'redis' ? 6379 : 5432, command: null, environment: {},
  });
  ordinals += 1;
  return {
    id, slug, engine, image, command: launched.command, environment: launched.environment, resources, dataPath: defaults.dataPath,
    endpoint: { kind: 'socket', directory: defaults.socketDirectory ?? '', name: defaults.socketName ?? '' },
    ordinal: ordinals, fingerprint: `of-${id}`, ...overrides,
  };
}

/** How the owner reaches a running instance. */
export function targetOf(world: Pick<RuntimeWorld, 'runtime' | 'connect'>, workload: Workload): EngineTarget {
  const { environment } = workload;
  return {
    connect: async () => {
      const { endpoint } = await world.runtime.observe(workload.id);
      if (endpoint === null) throw new Error(`${workload.id} has no endpoint`);
      return world.connect(endpoint);
    },
    username: environment['POSTGRES_USER'] ?? environment['REDIS_USERNAME'] ?? '',
    password: environment['POSTGRES_PASSWORD'] ?? environment['REDIS_PASSWORD'] ?? '',
    database: environment['POSTGRES_DB'] ?? '0',
    clock: systemClock,
  };
}

/** prepare, create, start, ready. */
export async function up(world: Pick<RuntimeWorld, 'runtime' | 'connect'>, workload: Workload): Promise<EngineTarget> {
  await world.runtime.prepare(workload, () => undefined);
  await world.runtime.create(workload);
  await world.runtime.start(workload);
  return ready(world, workload);
}

/** Waits until the engine lets its owner in. */
export async function ready(world: Pick<RuntimeWorld, 'runtime' | 'connect'>, workload: Workload): Promise<EngineTarget> {
  const target = targetOf(world, workload);
  await waitFor(async () => (await ENGINES[workload.engine as DatabaseEngine].probe(target)).state === 'ready', {
    what: `${workload.engine} ${workload.id} to be ready`, timeoutMs: 30_000, explain: async () => logTail(world.runtime, workload.id),
  });
  return target;
}

export async function logTail(runtime: Runtime, id: string): Promise<string> {
  return (await collect(runtime.logs(id, { tail: 20, follow: false }))).map(({ text }) => text).join('\n');
}

/** Everything that comes, to the end. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}
