import { asDbmakerError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Runtime } from '../domain/ports/runtime.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Availability, Template } from '../domain/template/template.ts';

interface StatusReporterPorts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  /** Further state of the worker for its heartbeat. */
  readonly describe: () => Record<string, unknown>;
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
      await store.heartbeats.beat('reconciler', { runtime: await this.#runtimeState(), ...this.#ports.describe() });
      for (const template of await store.templates.list()) await this.#updateAvailability(template);
    } catch (error) {
      log.warn({ err: error }, 'the state of the workers could not be reported');
    }
    if (!this.#stopped) this.#cancel = clock.after(everyMs, () => void this.#report());
  }

  async #runtimeState(): Promise<Record<string, unknown>> {
    try {
      const { name, version } = await this.#ports.runtime.info();
      return { name, version, ok: true };
    } catch (error) {
      return { name: this.#ports.runtime.name, ok: false, error: asDbmakerError(error, 'internal', 'The runtime could not be asked.').userText };
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
