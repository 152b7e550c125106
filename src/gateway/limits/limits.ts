import { DbmakerError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';

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

/** Counts of this gateway process. Everything that was taken is given back by the returned functions, once. */
export class Limits {
  readonly #settings: LimitSettings;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  readonly #failed = new Map<string, { count: number; until: number }>();

  constructor(settings: LimitSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
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
    const failed = this.#failed.get(source);
    if (failed === undefined || failed.until <= this.#clock.now() || failed.count < this.#settings.failedLookupsPerSource) return;
    throw new DbmakerError('rate_limited', 'Too many databases that do not exist were asked for from your address.', { remedy: 'Wait a minute, then check the name.' });
  }

  lookupFailed(source: string): void {
    const now = this.#clock.now();
    const known = this.#failed.get(source);
    if (known !== undefined && known.until > now) known.count += 1;
    else this.#failed.set(source, { count: 1, until: now + MINUTE_MS });
    if (this.#failed.size > 10_000) for (const [address, { until }] of this.#failed) if (until <= now || this.#failed.size > 20_000) this.#failed.delete(address);
  }
}
