import type { Clock } from '../../domain/ports/clock.ts';

interface QueueOptions {
  readonly concurrency: number;
  readonly clock: Clock;
  /** Never rejects. Returns milliseconds until the same key has to be worked on again, null: not by itself. */
  readonly work: (key: string) => Promise<number | null>;
}

/** Keys to work on: each at most once at a time, at most `concurrency` in all, with delayed repetition. */
export class WorkQueue {
  readonly #options: QueueOptions;
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  /** Added while being worked on: once more, right after. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, () => void>();
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#delayed.get(key)?.();
    this.#delayed.delete(key);
    if (this.#running.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#fill();
  }

  get counts(): { waiting: number; running: number } {
    return { waiting: this.#waiting.size + this.#again.size, running: this.#running.size };
  }

  /** Drops what waits and resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    for (const cancel of this.#delayed.values()) cancel();
    this.#delayed.clear();
    await Promise.all(this.#running.values());
  }

  #fill(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#options.concurrency) return;
      this.#waiting.delete(key);
      // Deferred, so that the key counts as running before its work can add it again.
      this.#running.set(key, Promise.resolve().then(() => this.#run(key)));
    }
  }

  async #run(key: string): Promise<void> {
    const delay = await this.#options.work(key);
    this.#running.delete(key);
    if (this.#closed) return;
    if (this.#again.delete(key)) this.#waiting.add(key);
    else if (delay !== null) this.#delayed.set(key, this.#options.clock.after(delay, () => this.add(key)));
    this.#fill();
  }
}
