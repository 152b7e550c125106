import { isShared } from '../api/rights';
import type { Database, DatabaseState } from '../api/types';

export interface Filter {
  readonly search: string;
  /** '': all. */
  readonly state: DatabaseState | '';
  readonly type: string;
}

export const NO_FILTER: Filter = { search: '', state: '', type: '' };

/** Whose databases are listed; '': all that one sees. */
export type Whose = '' | 'own' | 'shared';

export function isOf({ access }: Pick<Database, 'access'>, whose: Whose): boolean {
  return whose === '' || isShared(access) === (whose === 'shared');
}

/** Every word has to be somewhere in the name, slug or type. */
export function matches({ name, slug, type, status }: Pick<Database, 'name' | 'slug' | 'type' | 'status'>, filter: Filter): boolean {
  if (filter.state !== '' && filter.state !== status) return false;
  if (filter.type !== '' && filter.type !== type) return false;
  const text = `${name} ${slug} ${type}`.toLowerCase();
  return filter.search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
