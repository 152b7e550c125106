import { DestroyRef, inject, Service, signal } from '@angular/core';

const MINUTE_MS = 60_000;

/** The time, minute by minute: what hangs on it is right while a page stays open. */
@Service()
export class Now {
  readonly #now = signal(Date.now());
  /** Milliseconds since 1970. */
  readonly time = this.#now.asReadonly();

  constructor() {
    const timer = setInterval(() => this.#now.set(Date.now()), MINUTE_MS);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
