import type { InstanceEvent } from '../../domain/instance/event.ts';
import type { Instance } from '../../domain/instance/instance.ts';
import { accessOf, SHARED_EVENT, UNSHARED_EVENT, type InstanceAccess, type ShareAccess } from '../../domain/instance/share.ts';
import type { Store } from '../../domain/ports/store.ts';

export interface FreshEvent {
  readonly event: InstanceEvent;
  /** The instance as it is by now; null: gone. */
  readonly instance: Instance | null;
  /** With whom it is shared by now: user id -> as what. */
  readonly shares: ReadonlyMap<string, ShareAccess>;
  /** User ids of those that it is addressed to beside the owner, whatever they may see by now. */
  readonly addressees: readonly string[];
}

/** Who listens. */
export interface Listener {
  readonly userId: string;
  /** By their token, too. */
  readonly isAdmin: boolean;
  /** Wants to hear of everybody's; only of admins. */
  readonly all: boolean;
}

/** As what somebody hears an event. `none`: only that it happened, of what they have lost or what is gone. */
export type HeardAs = InstanceAccess | 'none';

type Reads = { readonly instances: Pick<Store['instances'], 'some'>; readonly events: Pick<Store['events'], 'addressees'>; readonly shares: Pick<Store['shares'], 'of'> };

const NOBODY: ReadonlyMap<string, ShareAccess> = new Map();

/**
 * Each event with its instance and whom it concerns, in a few reads for all of them: of one that changes all the time there may be many. Shares
 * come last: nobody is shown an instance as it was after it was taken from them.
 * @throws store_unavailable
 */
export async function freshEvents(store: Reads, events: readonly InstanceEvent[]): Promise<FreshEvent[]> {
  const ids = idsOf(events);
  const known = new Map((await store.instances.some(ids)).map((instance) => [instance.id, instance]));
  // Of others nobody but the owner is told by name: they are few.
  const addressed = await store.events.addressees(events.filter(({ type, instanceId }) => type === SHARED_EVENT || type === UNSHARED_EVENT || !known.has(instanceId)).map(({ id }) => id));
  const shares = await store.shares.of(ids);
  return events.map((event) => ({
    event, instance: known.get(event.instanceId) ?? null, shares: shares.get(event.instanceId) ?? NOBODY, addressees: addressed.get(event.id) ?? [],
  }));
}

/** The same events with whom they concern by now: for what has waited. @throws store_unavailable */
export async function withShares(store: Pick<Reads, 'shares'>, events: readonly FreshEvent[]): Promise<FreshEvent[]> {
  const shares = await store.shares.of(idsOf(events.map(({ event }) => event)));
  return events.map((fresh) => ({ ...fresh, shares: shares.get(fresh.event.instanceId) ?? NOBODY }));
}

/** User ids of all that an event may concern, apart from who wants to hear of everybody's. */
export function hearers({ event, shares, addressees }: FreshEvent): ReadonlySet<string> {
  return new Set([event.ownerId, ...shares.keys(), ...addressees]);
}

/** As what a listener hears it; null: it does not concern them, or not any more. */
export function heardAs({ userId, isAdmin, all }: Listener, { event, shares, addressees }: FreshEvent): HeardAs | null {
  if (event.ownerId === userId) return 'owner';
  if (all) return 'admin';
  const share = shares.get(userId);
  const addressed = addressees.includes(userId);
  // Who has lost it is told so, also when it is theirs again: that follows.
  if (addressed && event.type !== SHARED_EVENT) return 'none';
  if (share === undefined) return null;
  // With whom else it is shared concerns its owner alone.
  if (!addressed && (event.type === SHARED_EVENT || event.type === UNSHARED_EVENT)) return null;
  return accessOf(event.ownerId, { userId, isAdmin }, share);
}

function idsOf(events: readonly InstanceEvent[]): string[] {
  return [...new Set(events.map(({ instanceId }) => instanceId).filter((id) => id !== ''))]; // '': of no instance
}
