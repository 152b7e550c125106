import { computed, signal } from '@angular/core';
import { Subject } from 'rxjs';
import type { Session } from '../sign-in/session';
import { EMPTY, withEvent, withSnapshot } from './inventory';
import type { ActivityMessage, EndMessage, LiveEvent, Snapshot } from './live-message';
import { whileSeen } from './while-seen';

export type LiveState = 'loading' | 'live' | 'reconnecting';

/** Doubled up to the second after each failure. */
const RETRY_MS = [1000, 30_000] as const;

/** One event stream of the API, and what it has told of databases. It comes back by itself for as long as it is wanted and the page is seen. */
export class DatabaseStream {
  readonly #address: string;
  readonly #session: Pick<Session, 'renewCookie'>;
  readonly #inventory = signal(EMPTY);
  readonly #state = signal<LiveState>('loading');
  readonly #snapshots = signal(0);
  readonly #openings = signal(0);
  readonly #events = new Subject<LiveEvent>();
  readonly #activity = new Subject<ActivityMessage>();
  /** Of the last event that was told: it goes on after it. */
  #lastId = '';
  #isOn = false;
  #leave = (): void => undefined;
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #wait: number = RETRY_MS[0];

  readonly state = this.#state.asReadonly();
  /** Rises with each complete snapshot: events may have been missed before it. */
  readonly snapshots = this.#snapshots.asReadonly();
  /** Rises whenever it is connected: what has no id was not heard before it. */
  readonly openings = this.#openings.asReadonly();
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
    this.#leave();
    this.#leave = whileSeen(() => {
      this.#isOn = true;
      this.#connect();
    }, () => this.#pause());
  }

  /** Listens no more, and knows nothing. */
  forget(): void {
    this.#leave();
    this.#pause();
    this.#lastId = '';
    this.#inventory.set(EMPTY);
    this.#state.set('loading');
  }

  #pause(): void {
    this.#isOn = false;
    this.#close();
  }

  #connect(): void {
    this.#close();
    const source = new EventSource(this.#addressNow());
    this.#source = source;
    source.addEventListener('snapshot', ({ data, lastEventId }: MessageEvent<string>) => {
      const snapshot = JSON.parse(data) as Snapshot;
      this.#inventory.update((known) => withSnapshot(known, snapshot));
      if (!snapshot.done) return;
      this.#lastId = lastEventId;
      this.#snapshots.update((count) => count + 1);
      this.#stands();
    });
    source.addEventListener('message', ({ data, lastEventId }: MessageEvent<string>) => {
      const event = JSON.parse(data) as LiveEvent;
      this.#lastId = lastEventId;
      this.#inventory.update((known) => withEvent(known, event));
      this.#stands();
      this.#events.next(event);
    });
    source.addEventListener('activity', ({ data }: MessageEvent<string>) => this.#activity.next(JSON.parse(data) as ActivityMessage));
    source.addEventListener('open', () => {
      this.#openings.update((count) => count + 1);
      if (this.#state() === 'reconnecting') this.#stands();
    });
    source.addEventListener('end', ({ data }: MessageEvent<string>) => {
      if ((JSON.parse(data) as EndMessage).reason === 'token_revoked') this.#lastId = ''; // with other rights what was told of all is another
      this.#reopenLater();
    });
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) this.#reopenLater(); // it was refused; else the browser comes back by itself
      else this.#broke();
    });
  }

  #addressNow(): string {
    const address = new URL(this.#address, location.origin);
    if (this.#lastId !== '') address.searchParams.set('after', this.#lastId);
    return address.pathname + address.search;
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
      if ((await this.#session.renewCookie()) && this.#isOn) return this.#connect();
    } catch {
      // the server cannot be reached: it is tried again
    }
    if (this.#isOn) this.#reopenLater();
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }
}
