import { computed, DestroyRef, effect, inject, Service, signal, untracked } from '@angular/core';
import { Subject } from 'rxjs';
import { Session } from '../sign-in/session';
import { EMPTY, withEvent, withSnapshot } from './inventory';
import type { LiveEvent, Snapshot } from './live-message';

export type LiveState = 'loading' | 'live' | 'reconnecting';

/** Doubled up to the second after each failure. */
const RETRY_MS = [1000, 30_000] as const;

/** All databases of the person who is signed in, as they are right now. One stream for the whole page, for as long as somebody is signed in. */
@Service()
export class LiveDatabases {
  readonly #session = inject(Session);
  readonly #inventory = signal(EMPTY);
  readonly #state = signal<LiveState>('loading');
  readonly #events = new Subject<LiveEvent>();
  readonly #signedIn = computed(() => this.#session.profile() !== null);
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #wait: number = RETRY_MS[0];

  readonly state = this.#state.asReadonly();
  readonly byId = computed(() => this.#inventory().databases);
  /** Newest first. */
  readonly all = computed(() => [...this.byId().values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)));
  /** What happens, as it happens. */
  readonly events = this.#events.asObservable();

  constructor() {
    effect(() => {
      const signedIn = this.#signedIn();
      untracked(() => (signedIn ? this.#open() : this.#forget()));
    });
    inject(DestroyRef).onDestroy(() => this.#forget());
  }

  #open(): void {
    this.#close();
    const source = new EventSource('/events/containers');
    this.#source = source;
    source.addEventListener('snapshot', ({ data }: MessageEvent<string>) => {
      const snapshot = JSON.parse(data) as Snapshot;
      this.#inventory.update((known) => withSnapshot(known, snapshot));
      if (snapshot.done) this.#stands();
    });
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as LiveEvent;
      this.#inventory.update((known) => withEvent(known, event));
      this.#stands();
      this.#events.next(event);
    });
    source.addEventListener('open', () => { if (this.#state() === 'reconnecting') this.#stands(); });
    source.addEventListener('end', () => this.#reopenLater()); // the session of the cookie is over, or the server closes
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) this.#reopenLater(); // it was refused; else the browser comes back by itself
      else this.#broke();
    });
  }

  #stands(): void {
    this.#state.set('live');
    this.#wait = RETRY_MS[0];
  }

  #broke(): void {
    if (this.#state() === 'live') this.#state.set('reconnecting');
  }

  #reopenLater(): void {
    this.#close();
    this.#broke();
    this.#retry = setTimeout(() => void this.#reopen(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, RETRY_MS[1]);
  }

  async #reopen(): Promise<void> {
    try {
      if (await this.#session.renewCookie()) return this.#open();
    } catch {
      // the server cannot be reached: it is tried again
    }
    if (this.#signedIn()) this.#reopenLater();
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #forget(): void {
    this.#close();
    this.#inventory.set(EMPTY);
    this.#state.set('loading');
  }
}
