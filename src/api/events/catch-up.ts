import type { Page, Store } from '../../domain/ports/store.ts';
import { SNAPSHOT_PAGE, type EventStream, type Shown } from './event-stream.ts';
import { freshEvents, withShares, type FreshEvent, type Listener } from './fresh-event.ts';

/**
 * Whoever is further behind is told what there is instead of what happened. Each event carries its whole container, so a thousand are a megabyte
 * or two, as much as a client may leave unread, and more than the containers of a person: what they would paint over a hundred times.
 */
export const REPLAY_AT_MOST = 1000;
/** In memory at the same time, while the client takes them. */
const BATCH = 100;

interface From {
  readonly listener: Listener;
  /** The last event that the client has; null: it has none. */
  readonly after: number | null;
  /** What is later is heard from the feed. */
  readonly cursor: number;
}

type Reads = Pick<Store, 'events' | 'instances' | 'shares'>;

/**
 * Brings a client to `cursor`: by the events after the last one that it has, or by a snapshot. Resolves when it has taken them, or left.
 * @throws store_unavailable
 */
export async function catchUp(store: Reads, stream: EventStream, { listener, after, cursor }: From): Promise<void> {
  if (after === null || after > cursor) return snapshot(store, stream, listener, cursor, false);
  const whose = listener.all ? {} : { concerning: listener.userId };
  if ((await store.events.behind(whose, { after, upTo: cursor, limit: REPLAY_AT_MOST + 1 })) > REPLAY_AT_MOST) return snapshot(store, stream, listener, cursor, true);
  for (let from = after; from < cursor && !stream.ended;) {
    const options = { after: from, limit: BATCH };
    const events = await (listener.all ? store.events.list({}, options) : store.events.listConcerning(listener.userId, options));
    await replay(store, stream, listener, await freshEvents(store, events.filter(({ id }) => id <= cursor)));
    from = events.length < BATCH ? cursor : (events.at(-1)?.id ?? cursor);
  }
}

/** A client may take its time: whom the rest concerns is looked at again after each wait. */
async function replay(store: Reads, stream: EventStream, listener: Listener, all: readonly FreshEvent[]): Promise<void> {
  let events = all;
  for (let index = 0; index < events.length; index += 1) {
    const fresh = events[index];
    const taken = fresh === undefined ? null : stream.replay(fresh);
    if (taken === null) continue;
    await taken;
    events = await current(store, listener, events);
  }
}

/** As by now, where shares decide: of what is one's own nothing changes. @throws store_unavailable */
export async function current(store: Pick<Reads, 'shares'>, { userId, all }: Listener, events: readonly FreshEvent[]): Promise<readonly FreshEvent[]> {
  return all || events.every(({ event }) => event.ownerId === userId) ? events : withShares(store, events);
}

/** Read after `cursor` was known, so what happened since is in it or follows as an event, or both. */
async function snapshot(store: Pick<Reads, 'instances'>, stream: EventStream, listener: Listener, cursor: number, missed: boolean): Promise<void> {
  let next: string | null = null;
  do {
    const first = next === null;
    const page: Page<Shown> = await visible(store, listener, { limit: SNAPSHOT_PAGE, ...(next === null ? {} : { cursor: next }) });
    next = page.next;
    await stream.snapshot(page.items, { first, missed, lastId: next === null ? cursor : null });
  } while (next !== null && !stream.ended);
}

async function visible({ instances }: Pick<Reads, 'instances'>, { userId, isAdmin, all }: Listener, options: { limit: number; cursor?: string }): Promise<Page<Shown>> {
  if (all) {
    const page = await instances.list({}, options);
    return { ...page, items: page.items.map((instance) => ({ instance, access: instance.ownerId === userId ? 'owner' : 'admin' })) };
  }
  const page = await instances.listVisible(userId, {}, options);
  return { ...page, items: page.items.map(({ instance, access }) => ({ instance, access: isAdmin && access !== 'owner' ? 'admin' : access })) };
}
