/** Many running databases in a real store, of which nothing but the books is there. */
import { randomBytes } from 'node:crypto';
import { createBackupFiles } from '../../../src/backups/index.ts';
import { DbmakerError } from '../../../src/domain/errors.ts';
import type { Engine } from '../../../src/domain/ports/engine.ts';
import type { Log } from '../../../src/domain/ports/log.ts';
import { passwordContext, type SecretBox } from '../../../src/domain/ports/secret-box.ts';
import type { Store } from '../../../src/domain/ports/store.ts';
import { createEngines } from '../../../src/engines/index.ts';
import { openSecretBox, openStore } from '../../../src/store/index.ts';
import { Slots } from '../../../src/workers/backup/ports.ts';
import { Monitor } from '../../../src/workers/monitor/monitor.ts';
import { Policies } from '../../../src/workers/policies/policies.ts';
import { Reconciler } from '../../../src/workers/reconciler/reconciler.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { SimulatedRuntime } from '../../support/simulated-runtime.ts';
import { copyInstance } from '../rows.ts';
import { countCalls, type Calls } from './calls.ts';

const PATTERN = 'ipattern00000';
const TEMPLATE = { name: 'Redis', type: 'redis', image: 'dbmaker/redis:7', defaultPort: 6379, connectionStringTemplate: 'redis://{subdomain}' } as const;
const DAY_MS = 24 * 3_600_000;
/** Timers of the workers at rest: the monitor's and the policies' next turn, the reconciler's poll and resync. */
const TIMERS_AT_REST = 4;

export interface Told {
  warnings: number;
  firstWarning: string | null;
}

export class World implements AsyncDisposable {
  readonly clock: CountingClock;
  readonly runtime: SimulatedRuntime;
  readonly store: Store;
  readonly calls: Calls;
  readonly told: Told = { warnings: 0, firstWarning: null };
  probes = 0;
  readonly reconciler: Reconciler;
  readonly #policies: Policies;
  readonly #monitor: Monitor;

  private constructor(clock: CountingClock, opened: Store, box: SecretBox) {
    this.clock = clock;
    this.runtime = new SimulatedRuntime(clock);
    [this.store, this.calls] = countCalls(opened);
    // What is sealed for the pattern is in all of its copies.
    const secretBox: SecretBox = { seal: (plain, context) => box.seal(plain, context), open: (sealed) => box.open(sealed, passwordContext(PATTERN)) };
    const log = logInto(this.told);
    const shared = { store: this.store, runtime: this.runtime, engines: { ...createEngines(), redis: this.#engine() }, secretBox, clock, log, connect: () => Promise.reject(new DbmakerError('endpoint_unreachable', 'simulated')) };
    this.reconciler = new Reconciler({
      ...shared, random: () => 0.5, onReport: () => undefined,
      backups: { files: createBackupFiles('/nonexistent'), retentionMs: 1, newId: () => randomBytes(6).toString('hex'), slots: new Slots(1) },
      settings: { holder: 'bench', domain: 'localhost', leaseMs: 30_000, resyncMs: 30_000, pollMs: 1000, concurrency: 16, quarantineMs: 60_000, startTimeoutMs: 60_000, stopGraceMs: 1000, pausedMs: 600_000 },
    });
    this.#policies = new Policies({ ...shared, changed: (id) => this.reconciler.enqueue(id) });
    this.#monitor = new Monitor({ ...shared, changed: (id) => this.reconciler.enqueue(id), reported: () => undefined });
  }

  /** With `count` databases that run and that nobody uses. */
  static async open(home: string, count: number): Promise<World> {
    const box = await openSecretBox({ home, key: Buffer.alloc(32, 1).toString('base64') });
    const clock = new CountingClock();
    {
      const store = await openStore({ home, databaseUrl: null, clock });
      await store.migrate();
      await makePattern(store, box);
      await using first = new World(clock, store, box);
      first.start();
      for (let second = 0; second < 60 && (await store.instances.get(PATTERN))?.status.phase !== 'running'; second += 1) await first.step(1000);
    }
    copyInstance(home, count - 1);
    const world = new World(clock, await openStore({ home, databaseUrl: null, clock }), box);
    const rows = await world.store.instances.overview();
    const atRest = rows.filter(({ phase, desired, generation, observedGeneration }) => phase === 'running' && desired === 'running' && generation === observedGeneration);
    if (atRest.length !== count) throw new Error(`Only ${atRest.length} of ${count} run: ${JSON.stringify(world.told)}`);
    for (const { id } of rows) world.runtime.things.set(id, { state: 'running', exitCode: null, startedAt: clock.now(), finishedAt: null, fingerprint: null, data: true });
    return world;
  }

  start(): void {
    this.reconciler.start();
    this.#policies.start();
    this.#monitor.start();
  }

  /** Moves on, and lets everything that fell due come to its end. */
  async step(ms: number): Promise<void> {
    this.clock.advance(ms);
    for (let quiet = 0; quiet < 3;) {
      await new Promise((resolve) => void setImmediate(resolve));
      quiet = this.calls.open === 0 && this.clock.waiting >= TIMERS_AT_REST ? quiet + 1 : 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#monitor.stop(), this.#policies.stop(), this.reconciler.stop()]);
    await this.store.close();
  }

  #engine(): Engine {
    const figures = (): { databaseBytes: number; keys: number; operations: number; hits: number; misses: number } => {
      const seconds = Math.floor(this.clock.now() / 1000) % 1_000_000;
      return { databaseBytes: 1_000_000 + seconds, keys: 1000 + (seconds % 100), operations: seconds * 7, hits: seconds * 5, misses: seconds };
    };
    return {
      ...createEngines().redis,
      probe: (_, options) => {
        this.probes += 1;
        return Promise.resolve({ state: 'ready', version: '7', ...(options?.figures === true ? { figures: figures() } : {}) });
      },
      ensureAccess: () => Promise.resolve(),
      version: () => Promise.resolve('7'),
    };
  }
}

class CountingClock extends ManualClock {
  #waiting = 0;

  /** Timers that have neither run nor been cancelled. */
  get waiting(): number {
    return this.#waiting;
  }

  override after(ms: number, callback: () => void): () => void {
    let over = false;
    const end = (): boolean => {
      if (over) return false;
      over = true;
      this.#waiting -= 1;
      return true;
    };
    this.#waiting += 1;
    const cancel = super.after(ms, () => {
      if (end()) callback();
    });
    return () => {
      end();
      cancel();
    };
  }
}

async function makePattern(store: Store, box: SecretBox): Promise<void> {
  await store.users.create({ id: 'u', username: 'ann', displayName: 'Ann', email: null, role: 'user', quota: { instances: 1e6, memoryBytes: 1e15, cpus: 1e6, backupBytes: 2 ** 40 } });
  const port = await store.ports.reserve({ from: 40_000, to: 40_000 }, 60_000);
  const spec = {
    desired: 'running', template: TEMPLATE, resources: { memoryBytes: 64 * 1024 ** 2, cpus: 1, pids: 50 }, username: 'ann', database: '0', sleepAfterMs: 30 * DAY_MS, removeAfterMs: 1000 * DAY_MS,
    access: { tlsOnly: false, allow: [] },
  } as const;
  const secrets = { password: box.seal('secret', passwordContext(PATTERN)), nextPassword: null };
  await store.instances.create({ id: PATTERN, ownerId: 'u', ownerName: 'ann', name: 'pattern', templateKey: 'redis', type: 'redis', engine: 'redis', slug: 'ann-redis-pattern', port, spec, secrets });
}

function logInto(told: Told): Log {
  const nothing = (): void => undefined;
  const warn = (about: unknown, text: unknown): void => {
    told.warnings += 1;
    told.firstWarning ??= `${String(text)}: ${about instanceof Object && 'err' in about ? String(about.err) : ''}`;
  };
  const log: Log = { debug: nothing, info: nothing, warn, error: warn, child: () => log };
  return log;
}
