import type { Instance } from '../domain/instance/instance.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Store } from '../domain/ports/store.ts';
import type { StatusSignal } from '../domain/ports/wake.ts';

/** Reports of workers in other processes raise no signal here: look at the store this often too. */
const POLL_MS = 250;

/** Longest wait that a client can ask for, seconds. */
const MAX_WAIT_SECONDS = 120;

/** Milliseconds that `Prefer: wait=N` (RFC 7240) asks for; 0 when it does not, or not in a way that we understand (preferences may be ignored). */
export function preferredWaitMs(header: string | undefined): number {
  const match = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(header ?? '');
  return Math.min(Number(match?.[1] ?? 0), MAX_WAIT_SECONDS) * 1000;
}

/** Waits for the reconciler to bring an instance somewhere. */
export class StatusWaiter {
  readonly #store: Store;
  readonly #status: StatusSignal;
  readonly #clock: Clock;

  constructor(store: Store, status: StatusSignal, clock: Clock) {
    this.#store = store;
    this.#status = status;
    this.#clock = clock;
  }

  /**
   * Returns as soon as `reached` says so of what the store holds (null: the row is gone), and at the latest after `ms` or when `signal` aborts.
   * @returns what was seen last
   */
  async until(id: string, reached: (instance: Instance | null) => boolean, ms: number, signal: AbortSignal): Promise<Instance | null> {
    const deadline = this.#clock.now() + ms;
    let wake = (): void => undefined;
    let reported = false; // remembers a report that comes while the store is being read
    const unsubscribe = this.#status.onReport(id, () => {
      reported = true;
      wake();
    });
    const onAbort = (): void => { wake(); };
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        reported = false;
        const instance = await this.#store.instances.get(id);
        const left = deadline - this.#clock.now();
        if (reached(instance) || left <= 0 || signal.aborted) return instance;
        await new Promise<void>((resolve) => {
          const cancel = this.#clock.after(Math.min(POLL_MS, left), resolve);
          wake = () => {
            cancel();
            resolve();
          };
          if (reported) wake();
        });
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
    }
  }
}
