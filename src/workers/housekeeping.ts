import { PROGRESS_EVENT } from '../domain/instance/event.ts';
import { pause } from '../domain/pause.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';

interface HousekeepingPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the audit is kept, milliseconds. */
  readonly auditMs: number;
}

const EVERY_MS = 3_600_000;
/** A repeated POST finds its first answer for so long; clients give up retrying much sooner. */
const IDEMPOTENCY_MS = 24 * 3_600_000;

/** A gateway process that has not reported for so long is gone for good. */
const GATEWAY_GONE_MS = 24 * 3_600_000;

/** What happened to databases, for whoever asks; of work that is long over nobody wants to know how far it had come. */
const EVENTS_MS = 90 * 24 * 3_600_000;
const PROGRESS_MS = 3_600_000;
const EVENTS_AT_ONCE = 1000;

/** Rows of the audit about people without a valid token: anybody can make them. */
const UNKNOWN_ACTORS = 100_000;

/** Forgets what has served its time in the store. Touches nothing of any instance. */
export class Housekeeping {
  readonly #ports: HousekeepingPorts;
  #cancel: () => void = () => undefined;

  constructor(ports: HousekeepingPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#cancel = this.#ports.clock.after(EVERY_MS, () => void this.#tidy());
  }

  stop(): void {
    this.#cancel();
  }

  async #tidy(): Promise<void> {
    const { store, clock, log } = this.#ports;
    try {
      const forgotten = await store.idempotency.deleteBefore(clock.now() - IDEMPOTENCY_MS);
      await store.activity.fold(clock.now() - GATEWAY_GONE_MS);
      await store.samples.forget();
      await this.#forgetEvents({ before: clock.now() - PROGRESS_MS, type: PROGRESS_EVENT });
      await this.#forgetEvents({ before: clock.now() - EVENTS_MS });
      await store.audit.prune(clock.now() - this.#ports.auditMs);
      await store.audit.pruneUnknown(UNKNOWN_ACTORS);
      await store.signIn.forgetExpired();
      if (forgotten > 0) log.info({ forgotten }, 'old idempotency keys were forgotten');
    } catch (error) {
      log.warn({ err: error }, 'the store could not be tidied; tried again in an hour');
    }
    this.start();
  }

  /** In small steps, so that nobody waits for it. */
  async #forgetEvents(which: { before: number; type?: string }): Promise<void> {
    const { store, clock } = this.#ports;
    while ((await store.events.forget({ ...which, limit: EVENTS_AT_ONCE })) === EVENTS_AT_ONCE) await pause(clock, 50);
  }
}
