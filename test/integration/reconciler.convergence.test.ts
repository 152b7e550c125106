import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBackupFiles } from '../../src/backups/index.ts';
import { DbmakerError } from '../../src/domain/errors.ts';
import { needsWork } from '../../src/domain/instance/needs-work.ts';
import type { Engine, EngineTarget } from '../../src/domain/ports/engine.ts';
import { passwordContext } from '../../src/domain/ports/secret-box.ts';
import type { Store } from '../../src/domain/ports/store.ts';
import { createEngines } from '../../src/engines/index.ts';
import { openSecretBox, openStore } from '../../src/store/index.ts';
import { Slots } from '../../src/workers/backup/ports.ts';
import { Reconciler } from '../../src/workers/reconciler/reconciler.ts';
import { Kill, killable } from '../support/killable.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SimulatedRuntime } from '../support/simulated-runtime.ts';
import { temporaryDirectory } from '../support/tmp.ts';

/** Thousands of cut-off lives in seconds: what the kill tests on the real runtimes show in tens, here between any two calls. */

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent };
const TEMPLATE = { name: 'PostgreSQL', type: 'postgresql', image: 'dbmaker/postgresql:15', defaultPort: 5432, connectionStringTemplate: 'postgresql://{subdomain}' } as const;

/** Accepts one password at a time, as a real server does. */
class SimulatedEngine {
  readonly passwords = new Map<string, string>();
  readonly engine: Engine;

  constructor() {
    const login = (target: EngineTarget): void => {
      const current = this.passwords.get(target.username) ?? target.password;
      this.passwords.set(target.username, current);
      if (current !== target.password) throw new DbmakerError('access_denied', 'wrong password');
    };
    this.engine = {
      ...createEngines().postgresql,
      name: 'postgresql',
      probe: async (target) => (login(target), Promise.resolve({ state: 'ready' })),
      ensureAccess: async (target) => Promise.resolve(login(target)),
      rotatePassword: async (target, next) => {
        const current = this.passwords.get(target.username);
        if (current !== target.password && current !== next) throw new DbmakerError('access_denied', 'neither works');
        this.passwords.set(target.username, next);
        return Promise.resolve();
      },
      version: () => Promise.resolve('15'),
      size: () => Promise.resolve(0),
      activity: () => Promise.resolve({ connections: 0, active: 0 }),
    };
  }
}

type Operation =
  | { kind: 'create' }
  | { kind: 'clock'; years: 1 | -1 }
  | { kind: 'desire'; target: number; desired: 'running' | 'stopped' | 'sleeping' | 'deleted' }
  | { kind: 'restart' | 'rotate' | 'crash' | 'vanish' | 'resize'; target: number };

/** `DBMAKER_TEST_SEED` repeats what a failure printed; without it each run draws anew. */
const REPLAY = process.env['DBMAKER_TEST_SEED'] === undefined ? {} : { seed: Number(process.env['DBMAKER_TEST_SEED']) };

const target = fc.nat(3);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.constant<Operation>({ kind: 'create' }),
  fc.record({ kind: fc.constant('clock' as const), years: fc.constantFrom(1 as const, -1 as const) }),
  fc.record({ kind: fc.constant('desire' as const), target, desired: fc.constantFrom('running' as const, 'stopped' as const, 'sleeping' as const, 'deleted' as const) }),
  fc.record({ kind: fc.constantFrom('restart' as const, 'rotate' as const, 'crash' as const, 'vanish' as const, 'resize' as const), target }),
);

test('whatever is asked, wherever the worker is cut off and whatever the clock says meanwhile, the world ends as the specs say', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ operation, life: fc.integer({ min: 0, max: 60 }) }), { minLength: 1, maxLength: 14 }), async (script) => {
      await using directory = await temporaryDirectory('converge');
      await using world = await World.open(directory.path);
      for (const { operation: next, life } of script) {
        await world.ask(next);
        await world.live(life);
      }
      await world.settle();
      await world.check();
    }),
    { ...REPLAY, numRuns: Number(process.env['DBMAKER_TEST_RUNS'] ?? 150), interruptAfterTimeLimit: 200_000, markInterruptAsFailure: false },
  );
});

class World implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly runtime = new SimulatedRuntime(this.clock);
  readonly simulated = new SimulatedEngine();
  readonly #store: Store;
  readonly #secretBox;
  #life = 0;
  #names = 0;

  private constructor(store: Store, secretBox: Awaited<ReturnType<typeof openSecretBox>>) {
    this.#store = store;
    this.#secretBox = secretBox;
  }

  static async open(home: string): Promise<World> {
    const clock = new ManualClock();
    const secretBox = await openSecretBox({ home, key: Buffer.alloc(32, 1).toString('base64') });
    const world = new World(await openStore({ home, databaseUrl: null, clock }), secretBox);
    // One clock for all: the store's is the world's.
    world.clock.after = (ms, callback) => clock.after(ms, callback);
    world.clock.now = () => clock.now();
    world.clock.advance = (ms) => clock.advance(ms);
    world.clock.nextAt = () => clock.nextAt();
    await world.#store.migrate();
    await world.#store.users.create({ id: 'u', username: 'alice', displayName: 'Alice', email: null, role: 'user', quota: { instances: 1000, memoryBytes: 1e15, cpus: 1e6, backupBytes: 2 ** 40 } });
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close();
  }

  async ask(operation: Operation): Promise<void> {
    if (operation.kind === 'create') return this.#create();
    if (operation.kind === 'clock') return this.clock.advance(operation.years * 365 * 86_400_000); // wrong, and put right again
    const rows = (await this.#store.instances.list({}, { limit: 100 })).items;
    const instance = rows[operation.target % Math.max(1, rows.length)];
    if (instance === undefined) return;
    const { id } = instance;
    try {
      if (operation.kind === 'crash') this.runtime.crash(id);
      else if (operation.kind === 'vanish') await this.runtime.discard(id);
      else if (operation.kind === 'desire') await this.#store.instances.change(id, { desired: operation.desired });
      else if (operation.kind === 'restart') await this.#store.instances.change(id, { restart: true });
      else if (operation.kind === 'resize') await this.#store.instances.change(id, { resources: { ...instance.spec.resources, memoryBytes: instance.spec.resources.memoryBytes + 1024 ** 2 } });
      else await this.#store.instances.change(id, { nextPassword: this.#secretBox.seal(randomBytes(6).toString('hex'), passwordContext(id)) });
    } catch (error) {
      // Refused, as it should be: it is being deleted, or a rotation is under way.
      if (!(error instanceof DbmakerError && ['not_found', 'conflict'].includes(error.code))) throw error;
    }
  }

  async #create(): Promise<void> {
    const name = `db-${this.#names++}`;
    const id = `i${name.replace('-', '').padEnd(11, '0')}`;
    const port = await this.#store.ports.reserve({ from: 10_000, to: 19_999 }, 60_000);
    const spec = { desired: 'running', template: TEMPLATE, resources: { memoryBytes: 64 * 1024 ** 2, cpus: 1, pids: 50 }, username: name, database: 'db', sleepAfterMs: null, removeAfterMs: null, access: { tlsOnly: false, allow: [] } } as const;
    const secrets = { password: this.#secretBox.seal('first', passwordContext(id)), nextPassword: null };
    await this.#store.instances.create({ id, ownerId: 'u', ownerName: 'alice', name, templateKey: 'postgresql', type: 'postgresql', engine: 'postgresql', slug: `alice-postgresql-${name}`, port, spec, secrets });
  }

  /** One life of a worker, cut off after so many borders of calls; its leases outlive it and expire. */
  async live(borders: number): Promise<void> {
    const kill = new Kill(borders);
    this.#boot(kill).start();
    for (let turn = 0; turn < 400 && !kill.dead; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 4 === 3) this.clock.advance(20);
    }
    kill.dead = true;
    this.clock.advance(31_000);
  }

  /** A worker that nobody kills, until nothing is left to do. */
  async settle(): Promise<void> {
    const reconciler = this.#boot(new Kill(Infinity));
    reconciler.start();
    for (let turn = 0; turn < 3000; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 4 === 3) this.clock.advance(250);
      if (turn % 40 === 39 && (await this.#settled())) break;
    }
    await reconciler.stop();
  }

  async #settled(): Promise<boolean> {
    const rows = await this.#store.instances.overview();
    return rows.every((row) => row.phase !== 'failed' && !needsWork(row, this.runtime.things.get(row.id)?.state ?? 'absent', this.clock.now()));
  }

  async check(): Promise<void> {
    const rows = (await this.#store.instances.list({}, { limit: 200 })).items;
    assert.deepEqual([...this.runtime.things.keys()].sort(), rows.filter((row) => this.runtime.things.has(row.id)).map((row) => row.id).sort(), 'nothing without a row');
    for (const row of rows) {
      const state = this.runtime.things.get(row.id)?.state ?? 'absent';
      const expected = { running: ['running'], stopped: ['exited', 'created', 'absent'], sleeping: ['exited', 'paused', 'created', 'absent'], deleted: [] as string[] }[row.spec.desired];
      assert.ok(expected.includes(state), `${row.id} should be ${row.spec.desired}, is ${state}, phase ${row.status.phase} (${row.status.reason?.message ?? ''})`);
      assert.equal(row.status.phase, row.spec.desired, `${row.id}: ${JSON.stringify(row.status)}`);
      if (row.spec.desired !== 'running') continue;
      assert.equal(row.secrets.nextPassword, null, 'a rotation of a running one has ended');
      assert.equal(this.#secretBox.open(row.secrets.password, passwordContext(row.id)), this.simulated.passwords.get(row.spec.username), 'the password on record is the one that works');
    }
  }

  #boot(kill: Kill): Reconciler {
    this.#life += 1;
    return new Reconciler({
      store: killable(this.#store, kill),
      runtime: killable(this.runtime, kill, ['watch', 'logs', 'name', 'things']),
      engines: { ...createEngines(), postgresql: killable(this.simulated.engine, kill, ['launch', 'defaults', 'name']) },
      connect: () => Promise.reject(new DbmakerError('endpoint_unreachable', 'simulated')),
      secretBox: this.#secretBox,
      clock: { now: () => this.clock.now(), after: (ms, callback) => this.clock.after(ms, () => { if (!kill.dead) callback(); }) },
      log: silent,
      random: () => 0.5,
      backups: { files: createBackupFiles('/nonexistent'), retentionMs: 1, newId: () => 'b'.repeat(12), slots: new Slots(1) },
      onReport: () => undefined,
      settings: { holder: `life-${this.#life}`, domain: 'localhost', leaseMs: 30_000, resyncMs: 30_000, pollMs: 1000, concurrency: 4, quarantineMs: 60_000, startTimeoutMs: 60_000, stopGraceMs: 1000, pausedMs: 600_000 },
    });
  }
}
