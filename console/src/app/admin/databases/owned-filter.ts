import type { Database } from '../../api/types';
import { matches, NO_FILTER } from '../../databases/filter';
import type { Filter } from '../../databases/filter';

export interface OwnedFilter extends Filter {
  /** A username, or how it begins. */
  readonly owner: string;
}

export const EVERYTHING: OwnedFilter = { ...NO_FILTER, owner: '' };

export function matchesOwned(database: Pick<Database, 'name' | 'slug' | 'type' | 'status' | 'owner'>, filter: OwnedFilter): boolean {
  return database.owner.startsWith(filter.owner.trim().toLowerCase()) && matches(database, filter);
}
