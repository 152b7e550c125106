import type { InstanceEvent } from '../../domain/instance/event.ts';
import type { Instance } from '../../domain/instance/instance.ts';
import type { Store } from '../../domain/ports/store.ts';

export interface FreshEvent {
  readonly event: InstanceEvent;
  /** The instance as it is by now; null: gone. */
  readonly instance: Instance | null;
}

/** Each event with its instance, in one read for all of them: of one that changes all the time there may be many. @throws store_unavailable */
export async function withInstances(instances: Pick<Store['instances'], 'some'>, events: readonly InstanceEvent[]): Promise<FreshEvent[]> {
  const ids = new Set(events.map(({ instanceId }) => instanceId).filter((id) => id !== '')); // '': of no instance
  const known = new Map((await instances.some([...ids])).map((instance) => [instance.id, instance]));
  return events.map((event) => ({ event, instance: known.get(event.instanceId) ?? null }));
}
