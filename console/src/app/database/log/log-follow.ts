import { signal } from '@angular/core';
import { toApiError, UNREACHABLE } from '../../api/api-error';
import type { ApiError } from '../../api/api-error';
import { joined } from './log-join';
import type { LogLine } from './log-reader';

/** `resting`: nothing writes to it; `ended`: for a reason that stays. */
export type LogState = 'connecting' | 'live' | 'lost' | 'resting' | 'ended';

/** What is kept in the page, and read again after a break: so nothing is missing that would still be there. */
const MAX_LINES = 2000;
/** Doubled up to the second after each failure. */
const RETRY_MS = [1000, 30_000] as const;
/** A connection that stood for so long was none that failed. */
const STOOD_MS = 10_000;

interface Needs {
  readonly read: (id: string, tail: number, signal: AbortSignal) => AsyncIterable<readonly LogLine[]>;
  /** Whether nothing writes to it as things are: then its end is no fault, and whoever knows of a change starts it again. */
  readonly isAtRest: () => boolean;
}

/** A log that comes back by itself for as long as it is wanted, and goes on with the lines that it has. */
export class LogFollow {
  readonly #needs: Needs;
  readonly #lines = signal<readonly LogLine[]>([]);
  readonly #state = signal<LogState>('connecting');
  readonly #problem = signal<ApiError | null>(null);
  #id: string | null = null;
  #left = new AbortController();

  readonly lines = this.#lines.asReadonly();
  readonly state = this.#state.asReadonly();
  /** What the API said, where it did not give it. */
  readonly problem = this.#problem.asReadonly();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Reads it from now on, whatever was before. */
  start(id: string): void {
    this.stop();
    if (id !== this.#id) {
      this.#id = id;
      this.#lines.set([]);
    }
    if (this.#lines().length === 0) this.#state.set('connecting');
    this.#left = new AbortController();
    void this.#keep(id, this.#left.signal);
  }

  /** What was read stays. */
  stop(): void {
    this.#left.abort();
  }

  async #keep(id: string, left: AbortSignal): Promise<void> {
    for (let wait: number = RETRY_MS[0]; ; wait = Math.min(wait * 2, RETRY_MS[1])) {
      const began = Date.now();
      const problem = await this.#readOnce(id, left);
      if (left.aborted) return;
      this.#problem.set(problem);
      if (problem !== null && stays(problem)) return this.#state.set('ended');
      if (problem === null && this.#needs.isAtRest()) return this.#state.set('resting');
      this.#state.set('lost');
      if (Date.now() - began >= STOOD_MS) wait = RETRY_MS[0];
      if (!(await pause(wait, left))) return;
    }
  }

  /** @returns why it could not be read, in the API's words; null: it ended, or the server could not be reached */
  async #readOnce(id: string, left: AbortSignal): Promise<ApiError | null> {
    const next = joined(this.#lines());
    try {
      for await (const lines of this.#needs.read(id, MAX_LINES, left)) {
        if (left.aborted) return null;
        const fresh = next(lines);
        if (fresh.length > 0) this.#lines.update((known) => [...known, ...fresh].slice(-MAX_LINES));
        this.#state.set('live');
        this.#problem.set(null);
      }
      return null;
    } catch (error) {
      if (left.aborted) return null;
      const problem = toApiError(error);
      return problem.code === UNREACHABLE ? null : problem;
    }
  }
}

/** Nothing that a later try would change: no access, no database, nobody signed in. */
const stays = ({ status }: ApiError): boolean => status < 500 && ![408, 429].includes(status);

/** @returns false, at once, when `left` does not want it any more */
function pause(ms: number, left: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms);
    left.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(false);
    }, { once: true });
  });
}
