import type { InstanceEvent } from '../../domain/instance/event.ts';
import type { Instance } from '../../domain/instance/instance.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { Subscriber } from '../../domain/ports/webhook-store.ts';
import { matchesTypes } from '../../domain/webhook/event-types.ts';
import { deliveryOf, type NewDelivery } from '../../domain/webhook/payload.ts';

const EVENTS_AT_ONCE = 100;

type Needs = Pick<Store, 'deliveries' | 'events' | 'instances' | 'webhooks'>;

/** Queues all events that are new for whom they concern. @throws DbmakerError of the store */
export async function fanOut(store: Needs): Promise<void> {
  for (;;) {
    const from = await store.deliveries.cursor();
    // Events first: a webhook that is not among those that are read after them was made after them.
    const events = await store.events.list({}, { after: from, limit: EVENTS_AT_ONCE });
    const last = events.at(-1);
    if (last === undefined) return;
    const subscribers = await store.webhooks.subscribers([...new Set(events.map(({ ownerId }) => ownerId))]);
    // false: another worker has queued them. Then what it left is looked at.
    await store.deliveries.queue(await deliveriesOf(store, events, subscribers), { from, to: last.id });
  }
}

async function deliveriesOf(store: Needs, events: readonly InstanceEvent[], subscribers: readonly Subscriber[]): Promise<NewDelivery[]> {
  const instances = new Map<string, Instance | null>();
  const deliveries: NewDelivery[] = [];
  for (const event of events) {
    const told = subscribers.filter((subscriber) => concerns(subscriber, event));
    if (told.length === 0) continue;
    const { instanceId } = event;
    if (!instances.has(instanceId)) instances.set(instanceId, instanceId === '' ? null : await store.instances.get(instanceId));
    for (const { id } of told) deliveries.push(deliveryOf(id, event, instances.get(instanceId) ?? null));
  }
  return deliveries;
}

function concerns({ ownerId, types, afterEvent }: Subscriber, event: InstanceEvent): boolean {
  return (ownerId === null || ownerId === event.ownerId) && event.id > afterEvent && matchesTypes(types, event.type);
}
