import { DbmakerError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { LogLine, Observation, Runtime, Workload } from '../../src/domain/ports/runtime.ts';

interface Simulated {
  state: Observation['state'];
  exitCode: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  fingerprint: string | null;
  data: boolean;
}

/**
 * A runtime that only keeps books, for what real ones cannot show here: 10,000 instances, and thousands of cut-off steps in a second.
 * Never used where a real one can stand.
 */
export class SimulatedRuntime implements Runtime {
  readonly name = 'process';
  readonly things = new Map<string, Simulated>();
  /** Called before and after every method with an effect; throws to cut it off there. */
  interrupt: (point: string) => void = () => undefined;
  readonly #clock: Clock;
  readonly #watchers = new Set<(id: string) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  info(): Promise<{ name: string; version: string }> {
    return Promise.resolve({ name: 'simulated', version: '1' });
  }

  availability(): Promise<{ available: true }> {
    return Promise.resolve({ available: true });
  }

  prepare(): Promise<void> {
    return this.#effect('prepare', () => undefined);
  }

  create(workload: Workload): Promise<void> {
    return this.#effect('create', () => {
      const thing = this.things.get(workload.id);
      if (thing !== undefined && thing.state !== 'absent' && thing.fingerprint === workload.fingerprint) return;
      if (thing?.state === 'running') throw new DbmakerError('runtime_failed', 'It runs.');
      this.things.set(workload.id, { state: 'created', exitCode: null, startedAt: null, finishedAt: null, fingerprint: workload.fingerprint, data: true });
    });
  }

  start(workload: Workload): Promise<void> {
    return this.#effect('start', () => {
      const thing = this.#existing(workload.id);
      if (thing.state === 'running') return;
      Object.assign(thing, { state: 'running', startedAt: this.#clock.now(), exitCode: null, finishedAt: null });
    });
  }

  stop(id: string): Promise<void> {
    return this.#effect('stop', () => {
      const thing = this.things.get(id);
      if (thing?.state === 'running' || thing?.state === 'paused') Object.assign(thing, { state: 'exited', exitCode: 0, finishedAt: this.#clock.now() });
    });
  }

  pause(id: string): Promise<void> {
    return this.#effect('pause', () => {
      const thing = this.#existing(id);
      if (thing.state === 'running') thing.state = 'paused';
    });
  }

  resume(id: string): Promise<void> {
    return this.#effect('resume', () => {
      const thing = this.#existing(id);
      if (thing.state === 'paused') thing.state = 'running';
    });
  }

  discard(id: string): Promise<void> {
    return this.#effect('discard', () => {
      const thing = this.things.get(id);
      if (thing !== undefined) Object.assign(thing, { state: 'absent', fingerprint: null, startedAt: null });
    });
  }

  remove(id: string): Promise<void> {
    return this.#effect('remove', () => void this.things.delete(id));
  }

  observe(id: string): Promise<Observation> {
    return Promise.resolve(this.#observation(id));
  }

  observeAll(): Promise<Observation[]> {
    return Promise.resolve([...this.things.keys()].map((id) => this.#observation(id)));
  }

  watch(handlers: { onChange: (id: string) => void }, signal: AbortSignal): void {
    this.#watchers.add(handlers.onChange);
    signal.addEventListener('abort', () => this.#watchers.delete(handlers.onChange));
  }

  async *logs(): AsyncIterable<LogLine> {
    yield { at: null, stream: 'stderr', text: 'simulated' };
  }

  exec(): Promise<never> {
    return Promise.reject(new DbmakerError('unsupported', 'Simulated instances run no programs.'));
  }

  stream(): Promise<never> {
    return this.exec();
  }

  exportData(): Promise<never> {
    return this.exec();
  }

  importData(): Promise<never> {
    return this.exec();
  }

  stats(id: string): Promise<{ cpuMs: number; memoryBytes: number; diskBytes: number; processes: number }> {
    this.#existing(id);
    return Promise.resolve({ cpuMs: 0, memoryBytes: 0, diskBytes: 0, processes: 1 });
  }

  /** What an outsider does: the process ends, or the container is removed while the data stays. */
  crash(id: string): void {
    const thing = this.things.get(id);
    if (thing?.state === 'running') Object.assign(thing, { state: 'exited', exitCode: 137, finishedAt: this.#clock.now() });
    for (const onChange of this.#watchers) onChange(id);
  }

  #existing(id: string): Simulated {
    const thing = this.things.get(id);
    if (thing === undefined || thing.state === 'absent') throw new DbmakerError('runtime_failed', 'No such container.');
    return thing;
  }

  #observation(id: string): Observation {
    const thing = this.things.get(id);
    if (thing === undefined) return { id, state: 'absent', exitCode: null, outOfMemory: false, startedAt: null, finishedAt: null, endpoint: null, fingerprint: null, dataPresent: false };
    const { data, ...rest } = thing;
    const up = rest.state === 'running' || rest.state === 'paused';
    return { id, ...rest, outOfMemory: false, endpoint: up ? { kind: 'tcp', host: '127.0.0.1', port: 1 } : null, dataPresent: data };
  }

  #effect(point: string, change: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.interrupt(`before ${point}`);
      change();
      this.interrupt(`after ${point}`);
      resolve();
    });
  }
}
