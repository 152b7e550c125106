import type { Clock } from '../domain/ports/clock.ts';

/** A stranger with many addresses must not fill our memory. */
const AT_MOST = 20_000;

/** Values that are forgotten after a while; the oldest ones sooner when there are too many. A Map keeps the order of insertion, which is that of expiry. */
export class Remembered<Value> {
  readonly #clock: Clock;
  readonly #forMs: number;
  readonly #values = new Map<string, { value: Value; until: number }>();

  constructor(clock: Clock, forMs: number) {
    this.#clock = clock;
    this.#forMs = forMs;
  }

  get(key: string): Value | undefined {
    const known = this.#values.get(key);
    return known === undefined || known.until <= this.#clock.now() ? undefined : known.value;
  }

  set(key: string, value: Value): void {
    const now = this.#clock.now();
    this.#values.delete(key);
    this.#values.set(key, { value, until: now + this.#forMs });
    for (const [oldest, { until }] of this.#values) {
      if (until > now && this.#values.size <= AT_MOST) return;
      this.#values.delete(oldest);
    }
  }
}
