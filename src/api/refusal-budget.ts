import type { AuditActor } from '../domain/audit/entry.ts';
import { limitKey } from '../domain/limit-key.ts';
import type { Clock } from '../domain/ports/clock.ts';

const WINDOW_MS = 60_000;
/** Refusals a minute that are written down one by one. */
const OF_A_USER = 60;
const OF_A_SOURCE = 10;
const OF_ALL_UNKNOWN = 60;
/** Addresses that a sum names. */
const NAMED = 20;

/** What was not written one by one. */
export interface RefusalSum {
  readonly actor: AuditActor;
  readonly count: number;
  /** Some of the addresses. */
  readonly sources: readonly string[];
}

/**
 * Decides which refused requests are written to the audit: enough to see what is going on, not so many that somebody who is not let in
 * could fill the disk. The rest is counted, and told as one sum for each actor and minute.
 */
export class RefusalBudget {
  readonly #clock: Clock;
  readonly #tell: (sums: RefusalSum[]) => void;
  readonly #written = new Map<string, number>();
  readonly #sums = new Map<string, { actor: AuditActor; count: number; sources: Set<string> }>();
  #since = -Infinity;
  #unknown = 0;
  #cancel: () => void = () => undefined;

  /** @param tell is handed the sums of a minute, once it is over; never rejects */
  constructor(clock: Clock, tell: (sums: RefusalSum[]) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Whether this one may be written; else it is counted. */
  take(actor: AuditActor, source: string | null): boolean {
    const now = this.#clock.now();
    if (now - this.#since >= WINDOW_MS || now < this.#since) this.#begin(now);
    const known = actor.id !== null;
    if (!known && this.#unknown >= OF_ALL_UNKNOWN) return this.#count(actor, source);
    const key = known ? `user ${actor.id}` : `source ${source === null ? '' : limitKey(source)}`;
    const written = this.#written.get(key) ?? 0;
    if (written >= (known ? OF_A_USER : OF_A_SOURCE)) return this.#count(actor, source);
    this.#written.set(key, written + 1);
    if (!known) this.#unknown += 1;
    return true;
  }

  /** Counts one that is not to be written in any case. */
  skip(actor: AuditActor, source: string | null): void {
    this.#count(actor, source);
  }

  /** Tells what has been counted so far. */
  flush(): void {
    this.#cancel();
    this.#cancel = () => undefined;
    const sums = [...this.#sums.values()].map(({ actor, count, sources }) => ({ actor, count, sources: [...sources] }));
    this.#sums.clear();
    if (sums.length > 0) this.#tell(sums);
  }

  #begin(now: number): void {
    this.flush();
    this.#since = now;
    this.#unknown = 0;
    this.#written.clear();
  }

  #count(actor: AuditActor, source: string | null): false {
    if (this.#sums.size === 0) this.#cancel = this.#clock.after(WINDOW_MS, () => this.flush());
    const key = actor.id ?? '';
    const sum = this.#sums.get(key) ?? { actor, count: 0, sources: new Set<string>() };
    this.#sums.set(key, sum);
    sum.count += 1;
    if (source !== null && sum.sources.size < NAMED) sum.sources.add(source);
    return false;
  }
}
