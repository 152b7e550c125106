import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';

interface PulsePorts {
  readonly store: Pick<Store, 'pulses'>;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 30_000;

/** Notes now and then what went through the gateways, for the lists that show how much is going on where. */
export class PulseTaker {
  readonly #ports: PulsePorts;
  #cancel: () => void = () => undefined;
  #stopped = false;
  #noting: Promise<void> = Promise.resolve();

  constructor(ports: PulsePorts) {
    this.#ports = ports;
  }

  /** The first time at once: what goes through from now on is of now. */
  start(): void {
    this.#noting = this.#note();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#noting;
  }

  async #note(): Promise<void> {
    const { store, clock, log } = this.#ports;
    try {
      await store.pulses.note();
    } catch (error) {
      log.warn({ err: error }, 'what went through the gateways could not be noted; it is noted later');
    }
    if (!this.#stopped) this.#cancel = clock.after(EVERY_MS, () => { this.#noting = this.#note(); });
  }
}
