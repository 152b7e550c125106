import type { Instance } from '../../domain/instance/instance.ts';
import type { Page, Store } from '../../domain/ports/store.ts';
import { SNAPSHOT_PAGE, type EventStream } from './event-stream.ts';
import { withInstances } from './fresh-event.ts';

/**
 * Whoever is further behind is told what there is instead of what happened. Each event carries its whole container, so a thousand are a megabyte
 * or two, as much as a client may leave unread, and more than the containers of a person: what they would paint over a hundred times.
 */
export const REPLAY_AT_MOST = 1000;
/** In memory at the same time, while the client takes them. */
const BATCH = 100;

interface From {
  /** Whose events; null: everybody's. */
  readonly ownerId: string | null;
  /** The last event that the client has; null: it has none. */
  readonly after: number | null;
  /** What is later is heard from the feed. */
  readonly cursor: number;
}

/**
 * Brings a client to `cursor`: by the events after the last one that it has, or by a snapshot. Resolves when it has taken them, or left.
 * @throws store_unavailable
 */
export async function catchUp(store: Pick<Store, 'events' | 'instances'>, stream: EventStream, { ownerId, after, cursor }: From): Promise<void> {
  const filter = ownerId === null ? {} : { ownerId };
  if (after === null || after > cursor) return snapshot(store, stream, filter, cursor, false);
  if ((await store.events.behind(filter, { after, upTo: cursor, limit: REPLAY_AT_MOST + 1 })) > REPLAY_AT_MOST) return snapshot(store, stream, filter, cursor, true);
  for (let from = after; from < cursor && !stream.ended;) {
    const events = await store.events.list(filter, { after: from, limit: BATCH });
    for (const fresh of await withInstances(store.instances, events)) if (fresh.event.id <= cursor) await stream.replay(fresh);
    from = events.length < BATCH ? cursor : (events.at(-1)?.id ?? cursor);
  }
}

/** Read after `cursor` was known, so what happened since is in it or follows as an event, or both. */
async function snapshot(store: Pick<Store, 'instances'>, stream: EventStream, filter: { ownerId?: string }, cursor: number, missed: boolean): Promise<void> {
  let next: string | null = null;
  do {
    const first = next === null;
    const page: Page<Instance> = await store.instances.list(filter, { limit: SNAPSHOT_PAGE, ...(next === null ? {} : { cursor: next }) });
    next = page.next;
    await stream.snapshot(page.items, { first, missed, lastId: next === null ? cursor : null });
  } while (next !== null && !stream.ended);
}
