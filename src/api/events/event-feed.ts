import { pause } from '../../domain/pause.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { NewsSignal } from '../../domain/ports/wake.ts';
import { freshEvents, hearers, type FreshEvent, type Listener } from './fresh-event.ts';

/** Events of other processes raise no hint here: the store is asked this often while somebody listens. */
const POLL_MS = 200;
/** While the store is away. */
const RETRY_MS = 1000;
/** While somebody catches up: a moment for those who read well, and so little that one who does not read holds up nobody. */
const PATIENCE_MS = 20;
/** Few, so that those who read well have taken them before the next come. */
const EVENTS_AT_ONCE = 50;
/** No user has this id. */
const ALL = '*';

export interface Subscriber {
  readonly listener: Listener;
  /** All that may concern the listener (see heardAs), in the order of ids, each once. Must not throw. */
  readonly hear: (fresh: FreshEvent) => void;
  /** Resolves when what was heard has been taken; null: it has. Must not reject. */
  readonly taken: () => Promise<void> | null;
}

export interface EventFeedOptions {
  readonly store: { readonly events: Pick<Store['events'], 'list' | 'lastId' | 'addressees'>; readonly instances: Pick<Store['instances'], 'some'>; readonly shares: Pick<Store['shares'], 'of'> };
  readonly clock: Clock;
  readonly log: Log;
  readonly news: NewsSignal;
}

/**
 * Hands every new event of the store to those who listen, whichever process wrote it. Ids become visible in their order (the store sees to it),
 * so a cursor is enough to miss none and to tell none twice. Rests while nobody listens.
 */
export class EventFeed {
  readonly #options: EventFeedOptions;
  /** Each with the id after which it hears. */
  readonly #subscribers = new Map<Subscriber, number>();
  /** The same by the ids of their users, so that an event of one person is not held against all; ALL: those who want to hear of everybody's. */
  readonly #byUser = new Map<string, Set<Subscriber>>();
  readonly #unsubscribe: () => void;
  #cursor = 0;
  #cancel: () => void = () => undefined;
  #looking = false;
  #again = false;
  #away = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.#unsubscribe = options.news.onNews(() => this.#look());
  }

  get listeners(): number {
    return this.#subscribers.size;
  }

  /**
   * Hears all events with ids above the returned cursor, from now on.
   * @param after the last event that it has; where that is one that this process has not told anybody yet, as another one was faster, it is the cursor
   * @throws store_unavailable
   */
  async subscribe(subscriber: Subscriber, after = 0): Promise<{ cursor: number; leave: () => void }> {
    const resting = (): boolean => this.#subscribers.size === 0;
    let last = 0;
    if (resting() || after > this.#cursor) {
      last = await this.#options.store.events.lastId();
      if (resting()) this.#cursor = Math.max(this.#cursor, last); // else somebody else has begun meanwhile
    }
    const cursor = after <= last ? Math.max(after, this.#cursor) : this.#cursor;
    this.#subscribers.set(subscriber, cursor);
    const key = keyOf(subscriber);
    this.#byUser.set(key, (this.#byUser.get(key) ?? new Set()).add(subscriber));
    if (this.#subscribers.size === 1) this.#schedule(POLL_MS);
    return {
      cursor,
      leave: () => {
        this.#subscribers.delete(subscriber);
        const others = this.#byUser.get(key);
        others?.delete(subscriber);
        if (others?.size === 0) this.#byUser.delete(key);
        if (this.#subscribers.size === 0) this.#cancel();
      },
    };
  }

  close(): void {
    this.#unsubscribe();
    this.#cancel();
    this.#subscribers.clear();
    this.#byUser.clear();
  }

  #look(): void {
    if (this.#subscribers.size === 0) return;
    this.#again = true;
    if (!this.#looking) void this.#lookNow();
  }

  async #lookNow(): Promise<void> {
    const { log } = this.#options;
    this.#looking = true;
    this.#cancel();
    try {
      while ((await this.#deliver()) === EVENTS_AT_ONCE || this.#again) await this.#rest();
      this.#away = false;
    } catch (error) {
      if (!this.#away) log.warn({ err: error }, 'events could not be read; those who listen hear them later');
      this.#away = true;
    } finally {
      this.#looking = false;
      if (this.#subscribers.size > 0) this.#schedule(this.#away ? RETRY_MS : POLL_MS);
    }
  }

  /** A turn of the event loop, for the sockets. Without more than that where it is needed, many events at once cut off those who read well. */
  async #rest(): Promise<void> {
    const { clock } = this.#options;
    await pause(clock, 0);
    const waiting = [...this.#subscribers.keys()].map((subscriber) => subscriber.taken()).filter((taken) => taken !== null);
    if (waiting.length > 0) await Promise.race([Promise.all(waiting), pause(clock, PATIENCE_MS)]);
  }

  async #deliver(): Promise<number> {
    const { store } = this.#options;
    this.#again = false;
    const events = await store.events.list({}, { after: this.#cursor, limit: EVENTS_AT_ONCE });
    for (const fresh of await freshEvents(store, events)) {
      const { event } = fresh;
      this.#cursor = Math.max(this.#cursor, event.id); // somebody may have subscribed meanwhile, further on
      for (const key of [ALL, ...hearers(fresh)]) {
        for (const subscriber of this.#byUser.get(key) ?? []) if (event.id > (this.#subscribers.get(subscriber) ?? Infinity)) subscriber.hear(fresh);
      }
    }
    return events.length;
  }

  #schedule(ms: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, () => this.#look());
  }
}

function keyOf({ listener }: Subscriber): string {
  return listener.all ? ALL : listener.userId;
}
