import { DbmakerError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';

/**
 * So many logins to one database are under way at once, and of one source. A server of PostgreSQL has 100 places for connections, and one that does
 * not go on with its login has one of them: a stranger with the port alone would shut everybody out. A login takes some milliseconds, so the
 * others hardly notice that they wait.
 */
const AT_ONCE = 32;
const AT_ONCE_OF_SOURCE = 12;

interface Waiting {
  readonly source: string;
  readonly enter: () => void;
}

interface Queue {
  readonly inside: Map<string, number>;
  count: number;
  waiting: Waiting[];
}

/** Lets logins to each instance go ahead in order, those of a source that has its share already after the others. */
export class LoginQueue {
  readonly #clock: Clock;
  readonly #queues = new Map<string, Queue>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves when it is this one's turn; the returned function lets the next one in, and is called once.
   * @throws DbmakerError rate_limited after `patienceMs`, or the reason of `signal`
   */
  enter(instanceId: string, source: string, patienceMs: number, signal: AbortSignal): Promise<() => void> {
    const queue = this.#queues.get(instanceId) ?? { inside: new Map<string, number>(), count: 0, waiting: [] };
    this.#queues.set(instanceId, queue);
    return new Promise((resolve, reject) => {
      const settle = (run: () => void): void => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        queue.waiting = queue.waiting.filter((other) => other !== waiting);
        run();
        this.#tidy(instanceId, queue);
      };
      const onAbort = (): void => settle(() => reject(signal.reason instanceof DbmakerError ? signal.reason : new DbmakerError('cancelled', 'The client is gone.')));
      const waiting: Waiting = {
        source,
        enter: () => settle(() => {
          queue.count += 1;
          queue.inside.set(source, (queue.inside.get(source) ?? 0) + 1);
          resolve(() => this.#leave(instanceId, queue, source));
        }),
      };
      const cancel = this.#clock.after(patienceMs, () => settle(() => reject(new DbmakerError('rate_limited', 'Too many connections to this database are logging in at the same time.', { remedy: 'Try again in a moment.' }))));
      signal.addEventListener('abort', onAbort);
      queue.waiting.push(waiting);
      if (signal.aborted) onAbort();
      else this.#next(queue);
    });
  }

  #leave(instanceId: string, queue: Queue, source: string): void {
    queue.count -= 1;
    const left = (queue.inside.get(source) ?? 1) - 1;
    if (left === 0) queue.inside.delete(source);
    else queue.inside.set(source, left);
    this.#next(queue);
    this.#tidy(instanceId, queue);
  }

  #next(queue: Queue): void {
    while (queue.count < AT_ONCE) {
      const next = queue.waiting.find(({ source }) => (queue.inside.get(source) ?? 0) < AT_ONCE_OF_SOURCE);
      if (next === undefined) return;
      next.enter();
    }
  }

  #tidy(instanceId: string, queue: Queue): void {
    if (queue.count === 0 && queue.waiting.length === 0 && this.#queues.get(instanceId) === queue) this.#queues.delete(instanceId);
  }
}
