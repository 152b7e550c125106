import type { Database } from '../api/types';
import type { LiveEvent, Snapshot } from './live-message';

/** What is known of all databases; a new one for each change. */
export interface Inventory {
  readonly databases: ReadonlyMap<string, Database>;
  /** Pages of a snapshot that is not complete. */
  readonly coming: ReadonlyMap<string, Database> | null;
}

export const EMPTY: Inventory = { databases: new Map(), coming: null };

/** What was there before is shown until the snapshot is complete: a list that empties itself for a moment would be worse. */
export function withSnapshot({ databases, coming }: Inventory, { containers, first, done }: Snapshot): Inventory {
  const all = new Map([...(first ? [] : (coming ?? [])), ...containers.map((one) => [one.id, one] as const)]);
  return done ? { databases: all, coming: null } : { databases, coming: all };
}

export function withEvent({ databases, coming }: Inventory, { containerId, container }: LiveEvent): Inventory {
  const changed = new Map(databases);
  if (container === null) changed.delete(containerId);
  else changed.set(containerId, container);
  return { databases: changed, coming };
}
