import { asDbmakerError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Runtime, RuntimeInfo } from '../domain/ports/runtime.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Availability, Template } from '../domain/template/template.ts';

interface StatusReporterPorts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  /** Further state of the worker for its heartbeat. `runtime`: null while it does not answer. Never rejects. */
  readonly describe: (runtime: RuntimeInfo | null) => Promise<Record<string, unknown>>;
}

/**
 * Writes to the store what only a worker can see and the api has to tell: that the workers live, whether the runtime answers, and which
 * templates can run here.
 */
export class StatusReporter {
  readonly #ports: StatusReporterPorts;
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(ports: StatusReporterPorts) {
    this.#ports = ports;
  }

  /** Resolves after the first report, so that a server that says "ready" knows its templates. */
  async start(): Promise<void> {
    await this.#report();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #report(): Promise<void> {
    const { store, clock, log, everyMs } = this.#ports;
    try {
      const { state, info } = await this.#askRuntime();
      await store.heartbeats.beat('reconciler', { runtime: state, ...(await this.#ports.describe(info)) });
      for (const template of await store.templates.list()) await this.#updateAvailability(template);
    } catch (error) {
      log.warn({ err: error }, 'the state of the workers could not be reported');
    }
    if (!this.#stopped) this.#cancel = clock.after(everyMs, () => void this.#report());
  }

  async #askRuntime(): Promise<{ state: Record<string, unknown>; info: RuntimeInfo | null }> {
    try {
      const info = await this.#ports.runtime.info();
      return { state: { name: info.name, version: info.version, ok: true }, info };
    } catch (error) {
      return { state: { name: this.#ports.runtime.name, ok: false, error: asDbmakerError(error, 'internal', 'The runtime could not be asked.').userText }, info: null };
    }
  }

  async #updateAvailability(template: Template): Promise<void> {
    const { runtime, store, log } = this.#ports;
    let availability: Availability;
    try {
      availability = await runtime.availability(template.document);
    } catch (error) {
      // Docker is away for a moment: what was known about the template still holds.
      log.debug({ err: error, template: template.key }, 'availability unknown');
      return;
    }
    if (JSON.stringify(availability) !== JSON.stringify(template.availability)) await store.templates.setAvailability(template.key, availability);
  }
}
