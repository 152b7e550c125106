import type { SelectQueryBuilder } from 'kysely';
import { SHARED_EVENT, UNSHARED_EVENT } from '../domain/instance/share.ts';
import type { Queries, Schema } from './schema.ts';

type Select = SelectQueryBuilder<Schema, 'events', object>;

/**
 * Events that concern one user, oldest first, at most `limit`. Each kind by its own index; an `or` would read everybody's for somebody who has few.
 * @see EventRepository.listConcerning
 */
export async function concerning<R extends { id: number }>(
  queries: Queries, userId: string, { after, upTo, limit }: { after: number; upTo?: number; limit: number }, select: (query: Select) => SelectQueryBuilder<Schema, 'events', R>,
): Promise<R[]> {
  const some = (query: Select): Promise<R[]> => select(query).where('events.id', '>', after)
    .$if(upTo !== undefined, (all) => all.where('events.id', '<=', upTo ?? 0)).orderBy('events.id').limit(limit).execute();
  const own = await some(queries.selectFrom('events').where('owner_id', '=', userId));
  const shared = await some(queries.selectFrom('events').where('instance_id', 'in', queries.selectFrom('shares').select('instance_id').where('user_id', '=', userId))
    .where('type', 'not in', [SHARED_EVENT, UNSHARED_EVENT]));
  const addressed = await some(queries.selectFrom('events').where('events.id', 'in', queries.selectFrom('event_addressees').select('event_id').where('user_id', '=', userId).where('event_id', '>', after)));
  const all = new Map([...own, ...shared, ...addressed].map((row) => [row.id, row]));
  return [...all.values()].sort((a, b) => a.id - b.id).slice(0, limit);
}
