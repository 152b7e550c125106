import type { SelectQueryBuilder } from 'kysely';
import type { AuditEntry, NewAuditEntry } from '../../domain/audit/entry.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { AuditEnd, AuditFilter, AuditRepository, Page } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';
import type { AuditRow, Queries, Schema } from '../schema.ts';

/** Rows that one transaction removes: few enough not to hold up the others. */
const BATCH = 1000;

export class Audit implements AuditRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(entry: NewAuditEntry): Promise<void> {
    await this.#database.write((queries) => this.#insert(queries, entry));
  }

  async begin(entry: Omit<NewAuditEntry, 'outcome' | 'code'>, options: { durable?: boolean } = {}): Promise<number> {
    const work = (queries: Queries): Promise<number> => this.#insert(queries, { ...entry, outcome: 'begun', code: null });
    return options.durable === true ? this.#database.write(work) : this.#database.writeVolatile(work);
  }

  async finish(id: number, { outcome, code, subject, instanceId, ownerId, detail }: AuditEnd): Promise<boolean> {
    const { numUpdatedRows } = await this.#database.writeVolatile((queries) => queries.updateTable('audit').set({
      outcome,
      code,
      ...(subject === undefined ? {} : { subject }),
      ...(instanceId === undefined ? {} : { instance_id: instanceId }),
      ...(ownerId === undefined ? {} : { owner_id: ownerId }),
      ...(detail === undefined ? {} : { detail: JSON.stringify(detail) }),
    }).where('id', '=', id).where('outcome', '=', 'begun').executeTakeFirst());
    return numUpdatedRows > 0n;
  }

  async list(filter: AuditFilter, options: { limit: number; cursor?: string }): Promise<Page<AuditEntry>> {
    const limit = Math.max(1, options.limit);
    const before = options.cursor === undefined ? null : decode(options.cursor);
    const { concerns } = filter;
    const rows = await this.#database.read(async (queries) => {
      if (concerns === undefined) return this.#select(queries, filter, before, limit);
      // Each by its own index; an `or` would read the whole table for somebody who has few rows.
      const [by, about] = [await this.#select(queries, filter, before, limit, 'actor_id'), await this.#select(queries, filter, before, limit, 'owner_id')];
      return [...new Map([...by, ...about].map((row) => [row.id, row])).values()].sort((a, b) => b.id - a.id);
    });
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return { items: shown.map(toEntry), next: rows.length > limit && last ? encode(last.id) : null };
  }

  async prune(before: number): Promise<number> {
    return this.#removeAll((queries) => queries.selectFrom('audit').select('id').where('at', '<', before));
  }

  async pruneUnknown(keep: number): Promise<number> {
    const newest = await this.#database.read((queries) =>
      queries.selectFrom('audit').select('id').where('actor_kind', '=', 'unknown').orderBy('id', 'desc').offset(keep).limit(1).executeTakeFirst());
    if (!newest) return 0;
    return this.#removeAll((queries) => queries.selectFrom('audit').select('id').where('actor_kind', '=', 'unknown').where('id', '<=', newest.id));
  }

  async #insert(queries: Queries, entry: NewAuditEntry): Promise<number> {
    const { id } = await queries.insertInto('audit').values(toRow(entry, this.#database.clock.now())).returning('id').executeTakeFirstOrThrow();
    return id;
  }

  /** One more than `limit`, which tells whether there is a next page. */
  #select(queries: Queries, filter: AuditFilter, before: number | null, limit: number, concernedBy?: 'actor_id' | 'owner_id'): Promise<StoredRow[]> {
    const { concerns, actorId, instanceId, action, subject, outcome, from, to } = filter;
    return queries.selectFrom('audit').selectAll()
      .$if(concernedBy !== undefined, (query) => query.where(concernedBy ?? 'actor_id', '=', concerns ?? ''))
      .$if(actorId !== undefined, (query) => query.where('actor_id', '=', actorId ?? ''))
      .$if(instanceId !== undefined, (query) => query.where('instance_id', '=', instanceId ?? ''))
      .$if(action !== undefined, (query) => query.where('action', '=', action ?? ''))
      .$if(subject !== undefined, (query) => query.where('subject', '=', subject ?? ''))
      .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome ?? 'ok'))
      .$if((subject ?? instanceId) !== undefined && concerns !== undefined, (query) => query.where((where) => where.or([
        where('owner_id', 'is', null), where('owner_id', '=', concerns ?? ''), where.and([where('actor_id', '=', concerns ?? ''), where('outcome', '=', 'ok')]),
      ])))
      .$if(from !== undefined, (query) => query.where('at', '>=', from ?? 0))
      .$if(to !== undefined, (query) => query.where('at', '<', to ?? 0))
      .$if(before !== null, (query) => query.where('id', '<', before ?? 0))
      .orderBy('id', 'desc').limit(limit + 1).execute();
  }

  async #removeAll(find: (queries: Queries) => Finder): Promise<number> {
    for (let removed = 0; ;) {
      const { numDeletedRows } = await this.#database.write((queries) => queries.deleteFrom('audit').where('id', 'in', find(queries).limit(BATCH)).executeTakeFirst());
      removed += Number(numDeletedRows);
      if (numDeletedRows < BATCH) return removed;
    }
  }
}

type StoredRow = Omit<AuditRow, 'id'> & { id: number };
type Finder = SelectQueryBuilder<Schema, 'audit', { id: number }>;

function toRow(entry: NewAuditEntry, at: number): Omit<AuditRow, 'id'> {
  return {
    at,
    actor_kind: entry.actor.kind,
    actor_id: entry.actor.id,
    actor_name: entry.actor.name,
    token_id: entry.tokenId,
    source: entry.source,
    request_id: entry.requestId,
    action: entry.action,
    subject: entry.subject,
    instance_id: entry.instanceId,
    owner_id: entry.ownerId,
    outcome: entry.outcome,
    code: entry.code,
    detail: JSON.stringify(entry.detail),
  };
}

function toEntry(row: StoredRow): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    tokenId: row.token_id,
    source: row.source,
    requestId: row.request_id,
    action: row.action,
    subject: row.subject,
    instanceId: row.instance_id,
    ownerId: row.owner_id,
    outcome: row.outcome,
    code: row.code,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  };
}

function encode(id: number): string {
  return Buffer.from(`audit:${String(id)}`).toString('base64url');
}

/** @throws DbmakerError invalid_request */
function decode(cursor: string): number {
  const id = Number(/^audit:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1]);
  if (Number.isSafeInteger(id)) return id;
  throw new DbmakerError('invalid_request', 'The cursor is not one that this list gave out.',
    { fields: { '/cursor': 'must be the `next` of a page' }, remedy: 'Start again without a cursor.' });
}
