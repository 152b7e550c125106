import { sql } from 'kysely';
import type { InstanceEvent, NewEvent } from '../../domain/instance/event.ts';
import type { EventFilter, EventPage, EventRepository } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';
import { concerning } from '../event-concerns.ts';
import type { EventRow, Queries } from '../schema.ts';

/** Any number that nothing else on the server uses as an advisory lock. */
const LOCK = 7_312_209_412;

export class Events implements EventRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(event: NewEvent): Promise<InstanceEvent> {
    return this.#database.write(async (queries) => {
      const at = this.#database.clock.now();
      const [id] = await appendEvents(this.#database, queries, [event], at);
      return { ...event, id: id ?? 0, at };
    });
  }

  async list({ instanceId, ownerId, type, notTypes = [] }: EventFilter, { after, before, newestFirst = false, limit }: EventPage): Promise<InstanceEvent[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('events').selectAll()
      .$if(instanceId !== undefined, (query) => query.where('instance_id', '=', instanceId ?? ''))
      .$if(ownerId !== undefined, (query) => query.where('owner_id', '=', ownerId ?? ''))
      .$if(type !== undefined, (query) => query.where('type', '=', type ?? ''))
      .$if(notTypes.length > 0, (query) => query.where('type', 'not in', notTypes))
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? 0))
      .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
      .orderBy('id', newestFirst ? 'desc' : 'asc').limit(Math.max(1, limit)).execute());
    return rows.map(toEvent);
  }

  async forget({ before, type, limit }: { before: number; type?: string; limit: number }): Promise<number> {
    const { numDeletedRows } = await this.#database.write((queries) => queries.deleteFrom('events')
      .where('id', 'in', queries.selectFrom('events').select('id').where('at', '<', before)
        .$if(type !== undefined, (query) => query.where('type', '=', type ?? '')).orderBy('at').limit(limit))
      .executeTakeFirst());
    return Number(numDeletedRows);
  }

  async listConcerning(userId: string, { after, limit }: { after: number; limit: number }): Promise<InstanceEvent[]> {
    const rows = await this.#database.read((queries) => concerning(queries, userId, { after, limit: Math.max(1, limit) }, (query) => query.selectAll('events')));
    return rows.map(toEvent);
  }

  async addressees(eventIds: readonly number[]): Promise<Map<number, string[]>> {
    if (eventIds.length === 0) return new Map();
    const rows = await this.#database.read((queries) => queries.selectFrom('event_addressees').selectAll().where('event_id', 'in', eventIds).execute());
    const found = new Map<number, string[]>();
    for (const { event_id, user_id } of rows) found.set(event_id, [...(found.get(event_id) ?? []), user_id]);
    return found;
  }

  async behind({ concerning: userId }: { concerning?: string }, { after, upTo, limit }: { after: number; upTo: number; limit: number }): Promise<number> {
    if (after >= upTo) return 0;
    const rows = await this.#database.read(async (queries) => {
      const oldest = await queries.selectFrom('events').select('id').orderBy('id').limit(1).executeTakeFirst();
      if (oldest === undefined || oldest.id > after + 1) return null;
      if (userId !== undefined) return concerning(queries, userId, { after, upTo, limit }, (query) => query.select('events.id'));
      return queries.selectFrom('events').select('id').where('id', '>', after).where('id', '<=', upTo).orderBy('id').limit(limit).execute();
    });
    return rows === null ? Infinity : rows.length;
  }

  async lastId(): Promise<number> {
    const row = await this.#database.read((queries) => queries.selectFrom('events').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst());
    return row?.id ?? 0;
  }
}

/**
 * Writes events as the last step of a transaction; returns their ids. `addressees`: user ids, see EventRepository.
 *
 * PostgreSQL gives out ids before the commit. Without the lock, a reader could see 6 while 5 is not committed yet, resume after 6
 * and never see 5. With it, ids become visible in their order.
 */
export async function appendEvents(database: Database, queries: Queries, events: readonly (NewEvent & { readonly addressees?: readonly string[] })[], at: number): Promise<number[]> {
  if (events.length === 0) return [];
  if (database.kind === 'postgresql') await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(queries);
  const rows = await queries.insertInto('events').values(events.map((event) => ({
    instance_id: event.instanceId,
    owner_id: event.ownerId,
    type: event.type,
    message: event.message,
    data: JSON.stringify(event.data),
    at,
  }))).returning('id').execute();
  const addressees = events.flatMap((event, index) => (event.addressees ?? []).map((user_id) => ({ user_id, event_id: rows[index]?.id ?? 0 })));
  if (addressees.length > 0) await queries.insertInto('event_addressees').values(addressees).execute();
  return rows.map((row) => row.id);
}

function toEvent(row: Omit<EventRow, 'id'> & { id: number }): InstanceEvent {
  return {
    id: row.id,
    instanceId: row.instance_id,
    ownerId: row.owner_id,
    type: row.type,
    message: row.message,
    data: JSON.parse(row.data) as Record<string, unknown>,
    at: row.at,
  };
}
