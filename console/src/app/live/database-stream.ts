import { computed, signal } from '@angular/core';
import { Subject } from 'rxjs';
import type { Session } from '../sign-in/session';
import { EMPTY, withEvent, withSnapshot } from './inventory';
import type { ActivityMessage, LiveEvent, Snapshot } from './live-message';

export type LiveState = 'loading' | 'live' | 'reconnecting';

/** Doubled up to the second after each failure. */
const RETRY_MS = [1000, 30_000] as const;

/** One event stream of the API, and what it has told of databases. It comes back by itself for as long as it is wanted. */
export class DatabaseStream {
  readonly #address: string;
  readonly #session: Pick<Session, 'renewCookie'>;
  readonly #inventory = signal(EMPTY);
  readonly #state = signal<LiveState>('loading');
  readonly #snapshots = signal(0);
  readonly #events = new Subject<LiveEvent>();
  readonly #activity = new Subject<ActivityMessage>();
  #wanted = false;
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #wait: number = RETRY_MS[0];

  readonly state = this.#state.asReadonly();
  /** Rises with each complete snapshot: events may have been missed before it. */
  readonly snapshots = this.#snapshots.asReadonly();
  readonly byId = computed(() => this.#inventory().databases);
  /** Newest first. */
  readonly all = computed(() => [...this.byId().values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)));
  /** What happens, as it happens. */
  readonly events = this.#events.asObservable();
  /** How much goes on, about once a minute. */
  readonly activity = this.#activity.asObservable();

  constructor(address: string, session: Pick<Session, 'renewCookie'>) {
    this.#address = address;
    this.#session = session;
  }

  /** Begins to listen. */
  open(): void {
    this.#wanted = true;
    this.#connect();
  }

  /** Listens no more, and knows nothing. */
  forget(): void {
    this.#wanted = false;
    this.#close();
    this.#inventory.set(EMPTY);
    this.#state.set('loading');
  }

  #connect(): void {
    this.#close();
    const source = new EventSource(this.#address);
    this.#source = source;
    source.addEventListener('snapshot', ({ data }: MessageEvent<string>) => {
      const snapshot = JSON.parse(data) as Snapshot;
      this.#inventory.update((known) => withSnapshot(known, snapshot));
      if (!snapshot.done) return;
      this.#snapshots.update((count) => count + 1);
      this.#stands();
    });
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as LiveEvent;
      this.#inventory.update((known) => withEvent(known, event));
      this.#stands();
      this.#events.next(event);
    });
    source.addEventListener('activity', ({ data }: MessageEvent<string>) => this.#activity.next(JSON.parse(data) as ActivityMessage));
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
      if ((await this.#session.renewCookie()) && this.#wanted) return this.#connect();
    } catch {
      // the server cannot be reached: it is tried again
    }
    if (this.#wanted) this.#reopenLater();
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }
}
