import { DbmakerError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { Remembered } from '../remembered.ts';

const MINUTE_MS = 60_000;

export interface LimitSettings {
  /** Of one source address. */
  readonly connectionsPerSource: number;
  /** Of one source address: connections that are not logged in yet. */
  readonly handshakesPerSource: number;
  /** Of one source address, in a minute: names that do not exist. Slows down who tries them all. */
  readonly failedLookupsPerSource: number;
  readonly connectionsPerInstance: number;
  /** Connections to one instance that are not logged in yet. */
  readonly handshakesPerInstance: number;
}

type Kind = Exclude<keyof LimitSettings, 'failedLookupsPerSource'>;

const TEXTS: Readonly<Record<Kind, string>> = {
  connectionsPerSource: 'There are too many connections from your address.',
  handshakesPerSource: 'Too many connections from your address are logging in at the same time.',
  connectionsPerInstance: 'This database has too many connections.',
  handshakesPerInstance: 'Too many connections to this database are logging in at the same time.',
};

/** Who has logged in to a database is believed to know its name for so long. */
const PROVEN_MS = 24 * 60 * MINUTE_MS;

/** Counts of this gateway process. Everything that was taken is given back by the returned functions, once. Sources are limitKey()s. */
export class Limits {
  readonly #settings: LimitSettings;
  readonly #counts = new Map<string, number>();
  readonly #failed: Remembered<{ count: number }>;
  readonly #proven: Remembered<true>;

  constructor(settings: LimitSettings, clock: Clock) {
    this.#settings = settings;
    this.#failed = new Remembered(clock, MINUTE_MS);
    this.#proven = new Remembered(clock, PROVEN_MS);
  }

  /** @returns gives it back. @throws DbmakerError rate_limited */
  take(kind: Kind, who: string): () => void {
    const key = `${kind} ${who}`;
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#settings[kind]) throw new DbmakerError('rate_limited', TEXTS[kind], { remedy: 'Close some of them, or try again later.' });
    this.#counts.set(key, count + 1);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left === 0) this.#counts.delete(key);
      else this.#counts.set(key, left);
    };
  }

  /** Whether this source has asked for too many names that do not exist. @throws DbmakerError rate_limited */
  checkLookups(source: string): void {
    const { count } = this.#failed.get(source) ?? { count: 0 };
    if (count < this.#settings.failedLookupsPerSource) return;
    throw new DbmakerError('rate_limited', 'Too many databases that do not exist were asked for from your address.', { remedy: 'Wait a minute, then check the name.' });
  }

  lookupFailed(source: string): void {
    const known = this.#failed.get(source);
    if (known === undefined) this.#failed.set(source, { count: 1 });
    else known.count += 1;
  }

  /** A connection from there came through: whoever guesses names behind the same address (an office) does not shut this one out. */
  loggedIn(source: string, instanceId: string): void {
    this.#proven.set(`${source} ${instanceId}`, true);
  }

  hasLoggedIn(source: string, instanceId: string): boolean {
    return this.#proven.get(`${source} ${instanceId}`) === true;
  }
}
