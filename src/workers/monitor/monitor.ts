import { isDbmakerError } from '../../domain/errors.ts';
import { HEALTH_EVENT } from '../../domain/instance/event.ts';
import type { Instance } from '../../domain/instance/instance.ts';
import { nextHealth, type Health, type HealthState, type HealthStep, type Outcome } from '../../domain/monitoring/health.ts';
import type { Sample } from '../../domain/monitoring/sample.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Runtime } from '../../domain/ports/runtime.ts';
import type { Store } from '../../domain/ports/store.ts';
import { checkInstance, type Checked, type CheckerPorts } from './checker.ts';
import { sampleOf, type Reading } from './sampler.ts';
import { slotOf } from './slots.ts';

/** Each running instance is asked so often; figures are taken at every second time. */
const EVERY_MS = 30_000;
const TICK_MS = 500;
/** How often it is looked which instances there are. */
const LIST_MS = 10_000;
/** A walk over all files of a database costs more than everything else together. */
const DISK_EVERY_MS = 10 * 60_000;
const AT_ONCE = 16;
const GATEWAY_ALIVE_MS = 30_000;

/** Told of the work that is done. */
export interface MonitorObserver {
  /** When a database is asked; what it returns is called with what it answered. */
  checking(): (answered: Outcome['answered']) => void;
  /** One is restarted as it does not answer. */
  restarted(): void;
}

export interface MonitorPorts extends CheckerPorts {
  readonly store: Pick<Store, 'instances' | 'activity' | 'samples'>;
  readonly runtime: Pick<Runtime, 'stats'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells the reconciler of a changed spec. A hint. */
  readonly changed: (instanceId: string) => void;
  /** Tells whoever listens that there is news. A hint. */
  readonly reported: (instanceId: string) => void;
  /** For figures. */
  readonly observer?: MonitorObserver;
}

/** What is remembered of an instance between two looks; lost with the process, which costs one point of its figures. */
interface Watched {
  /** Its moment within the period, milliseconds. */
  readonly slot: number;
  reading: Reading | null;
  diskBytes: number | null;
  diskAt: number;
  looks: number;
  busy: boolean;
}

/**
 * Asks every running database how it is, evenly spread over half a minute, and keeps their figures. One that does not answer three times in a row is
 * restarted once, by a change of its spec; the reconciler carries that out.
 */
export class Monitor {
  readonly #ports: MonitorPorts;
  readonly #watched = new Map<string, Watched>();
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #samples: { instanceId: string; sample: Sample }[] = [];
  #cancel: () => void = () => undefined;
  #lookedUntil: number;
  #listedAt = 0;
  #writtenAt: number;

  constructor(ports: MonitorPorts) {
    this.#ports = ports;
    this.#lookedUntil = this.#writtenAt = ports.clock.now();
  }

  get watched(): number {
    return this.#watched.size;
  }

  start(): void {
    this.#cancel = this.#ports.clock.after(TICK_MS, () => {
      void this.#tick().finally(() => {
        if (!this.#stopping.signal.aborted) this.start();
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancel();
    await Promise.allSettled(this.#running);
    await this.#writeSamples();
  }

  async #tick(): Promise<void> {
    const { clock, log } = this.#ports;
    const now = clock.now();
    try {
      if (now - this.#listedAt >= LIST_MS || now < this.#listedAt) await this.#list(now);
      // After a jump of the clock, or a long wait, nobody is asked twice.
      const from = now < this.#lookedUntil ? now : Math.max(this.#lookedUntil, now - EVERY_MS);
      this.#lookedUntil = now;
      for (const [id, watched] of this.#watched) {
        if (isDue(watched.slot, from, now) && !watched.busy) await this.#begin(id, watched);
      }
      if (Math.floor(now / 60_000) !== Math.floor(this.#writtenAt / 60_000)) await this.#writeSamples();
    } catch (error) {
      log.warn({ err: error }, 'the monitor could not look at the databases; it looks again');
    }
  }

  async #list(now: number): Promise<void> {
    const running = (await this.#ports.store.instances.overview()).filter(({ phase, desired }) => phase === 'running' && desired === 'running');
    this.#listedAt = now;
    const ids = new Set(running.map(({ id }) => id));
    for (const id of this.#watched.keys()) if (!ids.has(id)) this.#watched.delete(id);
    for (const id of ids) if (!this.#watched.has(id)) this.#watched.set(id, { slot: slotOf(id, EVERY_MS), reading: null, diskBytes: null, diskAt: 0, looks: 0, busy: false });
  }

  /** Resolves when there is room for the next one. */
  async #begin(id: string, watched: Watched): Promise<void> {
    while (this.#running.size >= AT_ONCE) await Promise.race(this.#running);
    if (this.#stopping.signal.aborted) return;
    watched.busy = true;
    const look = this.#look(id, watched)
      .catch((error: unknown) => {
        if (!isDbmakerError(error, 'cancelled')) this.#ports.log.warn({ err: error, instance: id }, 'a database could not be looked at; it is looked at again');
      })
      .finally(() => {
        watched.busy = false;
        this.#running.delete(look);
      });
    this.#running.add(look);
  }

  async #look(id: string, watched: Watched): Promise<void> {
    const instance = await this.#ports.store.instances.get(id);
    if (instance === null || instance.status.phase !== 'running' || instance.spec.desired !== 'running') return;
    const figures = watched.looks % 2 === 0;
    watched.looks += 1;
    const began = instance.status.startedAt;
    const answered = this.#ports.observer?.checking();
    const checked = await checkInstance(this.#ports, instance, { figures, signal: this.#stopping.signal });
    answered?.(checked.outcome.answered);
    await this.#judge(instance, began, checked);
    if (figures && checked.outcome.answered !== 'no') await this.#sample(instance, watched, checked);
  }

  /** Of a run that has ended meanwhile nothing is told: a restart or a sleep is no fault. */
  async #judge(instance: Instance, began: number | null, { outcome }: Checked): Promise<void> {
    const { store, clock } = this.#ports;
    const step = nextHealth(instance.health, outcome, clock.now());
    if (sameHealth(instance.health, step.health)) return;
    const now = await store.instances.get(instance.id);
    if (now?.status.phase !== 'running' || now.spec.desired !== 'running' || now.status.startedAt !== began) return;
    if (step.action === 'restart') {
      // First what is done, then what is told: a kill in between costs the telling. Not if somebody wants something else of it by now.
      const changed = await store.instances.change(instance.id, { desired: 'running', restart: true }, { onlyIfGeneration: now.spec.generation, isUse: false });
      if (changed.spec.restarts === now.spec.restarts) return;
      this.#ports.changed(instance.id);
      this.#ports.observer?.restarted();
    }
    await store.instances.reportHealth(instance.id, step.health, eventOf(instance, step));
    this.#ports.reported(instance.id);
  }

  async #sample(instance: Instance, watched: Watched, { figures }: Checked): Promise<void> {
    const { runtime, store, clock, log } = this.#ports;
    const now = clock.now();
    const disk = now - watched.diskAt >= DISK_EVERY_MS || now < watched.diskAt;
    let stats: Reading['stats'] = null;
    try {
      const measured = await runtime.stats(instance.id, { disk });
      if (disk) [watched.diskBytes, watched.diskAt] = [measured.diskBytes, now];
      stats = measured;
    } catch (error) {
      log.debug({ err: error, instance: instance.id }, 'what a database uses could not be measured');
    }
    const reading: Reading = { at: now, stats, diskBytes: watched.diskBytes, figures, gateway: await store.activity.get(instance.id, GATEWAY_ALIVE_MS) };
    this.#samples.push({ instanceId: instance.id, sample: sampleOf(watched.reading, reading) });
    watched.reading = reading;
  }

  async #writeSamples(): Promise<void> {
    const { store, log } = this.#ports;
    const [samples, at] = [this.#samples, this.#writtenAt];
    this.#samples = [];
    this.#writtenAt = this.#ports.clock.now();
    if (samples.length === 0) return;
    try {
      await store.samples.append(at, samples);
    } catch (error) {
      log.warn({ err: error }, 'figures of a minute could not be written; they are left out');
    }
  }
}

/** Whether a slot of the period lies in (from, now]. */
function isDue(slot: number, from: number, now: number): boolean {
  return Math.floor((now - slot) / EVERY_MS) > Math.floor((from - slot) / EVERY_MS);
}

/** The number of failures alone is worth no write, unless it leads to something. */
function sameHealth(before: Health | null, now: Health): boolean {
  return before !== null && before.state === now.state && before.restarted === now.restarted && before.failures === now.failures && before.message === now.message;
}

function eventOf({ name, health: before }: Instance, { health, action }: HealthStep): { type: string; message: string; data: Record<string, unknown> }[] {
  const data = { state: health.state };
  switch (action) {
    case 'restart': return [{ type: 'instance.unhealthy', message: `${name} has not answered three times in a row and is restarted. ${health.message ?? ''}`.trim(), data: { ...data, restarted: true } }];
    case 'tell': return [{ type: 'instance.unhealthy', message: `${name} does not answer, and a restart has not helped. ${health.message ?? ''}`.trim(), data: { ...data, restarted: false } }];
    case 'recovered': return [{ type: 'instance.healthy', message: `${name} answers again.`, data }];
    // Pages that are open hear of each change of the state at once; what is told above is told there.
    case null: return before?.state === health.state ? [] : [{ type: HEALTH_EVENT, message: `${name} ${IN_WORDS[health.state]}. ${health.message ?? ''}`.trim(), data }];
  }
}

const IN_WORDS: Readonly<Record<HealthState, string>> = {
  healthy: 'answers', starting: 'says that it is not ready yet', failing: 'gave no answer; it is asked again in half a minute', unhealthy: 'does not answer',
};
