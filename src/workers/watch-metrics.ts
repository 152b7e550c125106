import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Backlog } from '../domain/ports/webhook-store.ts';
import type { Outcome } from '../domain/monitoring/health.ts';
import type { DisabledReason } from '../domain/webhook/webhook.ts';
import type { MonitorObserver } from './monitor/monitor.ts';
import type { WebhookObserver, WebhookResult } from './webhooks/worker.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const RESULTS: readonly WebhookResult[] = ['delivered', 'failed', 'gave_up', 'lost'];
const ANSWERS: readonly Outcome['answered'][] = ['ready', 'starting', 'no'];

/** Figures of what watches and tells, in this process. */
export class WatchMetrics implements MonitorObserver, WebhookObserver {
  readonly #now: () => number;
  readonly #registers: Registry[];
  readonly #deliveries;
  readonly #deliverySeconds;
  readonly #disabled;
  readonly #checks;
  readonly #checkSeconds;
  readonly #restarts;

  /** @param now milliseconds that only ever rise */
  constructor(registry: Registry, now: () => number) {
    this.#now = now;
    const registers = [registry];
    this.#registers = registers;
    this.#deliveries = new Counter({
      name: 'dbmaker_webhook_deliveries_total', help: 'Tries to deliver. failed: tried again later; gave_up: not any more; lost: another worker was at it, or its webhook is gone.', labelNames: ['result'] as const, registers,
    });
    this.#deliverySeconds = new Histogram({ name: 'dbmaker_webhook_delivery_seconds', help: 'One try to deliver, until the receiver has answered.', buckets: SECONDS, registers });
    this.#disabled = new Counter({ name: 'dbmaker_webhooks_disabled_total', help: 'Webhooks that were switched off as their receiver is gone or fails.', labelNames: ['reason'] as const, registers });
    this.#checks = new Counter({ name: 'dbmaker_monitor_checks_total', help: 'Questions to databases how they are, by what they answered. no: nothing.', labelNames: ['answered'] as const, registers });
    this.#checkSeconds = new Histogram({ name: 'dbmaker_monitor_check_seconds', help: 'Asking one database how it is.', buckets: SECONDS, registers });
    this.#restarts = new Counter({ name: 'dbmaker_monitor_restarts_total', help: 'Databases that were restarted as they did not answer.', registers });
    for (const result of RESULTS) this.#deliveries.inc({ result }, 0);
    for (const answered of ANSWERS) this.#checks.inc({ answered }, 0);
    for (const reason of ['gone', 'failing']) this.#disabled.inc({ reason }, 0);
  }

  /** Shows what waits to be delivered, by the clock that wrote it down. What cannot be read is not shown. */
  watchBacklog(read: () => Promise<Backlog>, now: () => number): void {
    const labelNames = ['state'] as const;
    const help = 'new: to receivers that work; retrying: after a failure, or behind one.';
    let reading: Promise<Backlog | null> | null = null;
    // Both are asked at the same time: one read is enough. null: the store is away, and its own figures say so.
    const shared = (): Promise<Backlog | null> => (reading ??= read().catch(() => null).finally(() => (reading = null)));
    const show = (name: string, what: string, value: (one: Backlog['new']) => number): void => {
      new Gauge({
        name, help: `${what} ${help}`, labelNames, registers: this.#registers,
        async collect() {
          const backlog = await shared();
          this.reset();
          if (backlog !== null) for (const state of ['new', 'retrying'] as const) this.set({ state }, value(backlog[state]));
        },
      });
    };
    show('dbmaker_webhook_queue', 'Events that wait to be delivered.', ({ waiting }) => waiting);
    show('dbmaker_webhook_oldest_seconds', 'How long the oldest of them has been waiting; 0: none is.', ({ oldestAt }) => (oldestAt === null ? 0 : Math.max(0, now() - oldestAt) / 1000));
  }

  /** Shows how many databases are asked. */
  watchMonitor(watched: () => number): void {
    new Gauge({ name: 'dbmaker_monitor_watched', help: 'Databases that are asked how they are.', registers: this.#registers, collect() { this.set(watched()); } });
  }

  sending(): (result: WebhookResult, disabled: DisabledReason | null) => void {
    const started = this.#now();
    return (result, disabled) => {
      this.#deliveries.inc({ result });
      this.#deliverySeconds.observe((this.#now() - started) / 1000);
      if (disabled !== null) this.#disabled.inc({ reason: disabled });
    };
  }

  checking(): (answered: Outcome['answered']) => void {
    const started = this.#now();
    return (answered) => {
      this.#checks.inc({ answered });
      this.#checkSeconds.observe((this.#now() - started) / 1000);
    };
  }

  restarted(): void {
    this.#restarts.inc();
  }
}
