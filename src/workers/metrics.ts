import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../domain/errors.ts';
import type { ReconcilerObserver } from './reconciler/context.ts';

/** Figures of the workers in this process. */
export class WorkerMetrics implements ReconcilerObserver {
  readonly registry = new Registry();
  readonly #now: () => number;
  readonly #registers = [this.registry];
  readonly #lookSeconds = new Histogram({
    name: 'dbmaker_reconciler_look_seconds', help: 'One look at one database, with whatever had to be done.', buckets: [0.002, 0.01, 0.05, 0.1, 0.25, 1, 5, 30, 120, 600], registers: this.#registers,
  });
  readonly #looks = new Counter({
    name: 'dbmaker_reconciler_looks_total', help: 'Looks at databases. done: as wanted; again: something was done or is under way; none: gone, or another worker\'s; error: repeated.', labelNames: ['result'] as const, registers: this.#registers,
  });
  readonly #failures = new Counter({ name: 'dbmaker_reconciler_failures_total', help: 'Steps that failed, by code.', labelNames: ['code'] as const, registers: this.#registers });
  readonly #backupFailures = new Counter({ name: 'dbmaker_backup_failures_total', help: 'Tries of final backups that failed; nothing is removed then.', registers: this.#registers });
  readonly #resyncSeconds = new Histogram({
    name: 'dbmaker_reconciler_resync_seconds', help: 'One full comparison of the store with what is there.', buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60], registers: this.#registers,
  });
  readonly #resyncs = new Counter({ name: 'dbmaker_reconciler_resyncs_total', help: 'Full comparisons.', labelNames: ['result'] as const, registers: this.#registers });

  /** @param now milliseconds that only ever rise */
  constructor(now: () => number) {
    this.#now = now;
    for (const result of ['done', 'again', 'none', 'error']) this.#looks.inc({ result }, 0);
    for (const result of ['ok', 'failed']) this.#resyncs.inc({ result }, 0);
  }

  /** Shows how much is waiting and under way. */
  watchQueue(queue: () => { waiting: number; running: number }): void {
    const gauge = new Gauge({
      name: 'dbmaker_reconciler_queue', help: 'Databases that wait for a look, and that are looked at.', labelNames: ['state'] as const, registers: this.#registers,
      collect() {
        const { waiting, running } = queue();
        this.set({ state: 'waiting' }, waiting);
        this.set({ state: 'running' }, running);
      },
    });
    gauge.set({ state: 'waiting' }, 0);
  }

  look(): (result: 'done' | 'again' | 'none' | 'error') => void {
    const started = this.#now();
    return (result) => {
      this.#looks.inc({ result });
      this.#lookSeconds.observe((this.#now() - started) / 1000);
    };
  }

  failed(code: ErrorCode, what: 'step' | 'backup'): void {
    this.#failures.inc({ code });
    if (what === 'backup') this.#backupFailures.inc();
  }

  resync(): (result: 'ok' | 'failed') => void {
    const started = this.#now();
    return (result) => {
      this.#resyncs.inc({ result });
      this.#resyncSeconds.observe((this.#now() - started) / 1000);
    };
  }
}
