import { sql, type SelectQueryBuilder } from 'kysely';
import { DbmakerError } from '../domain/errors.ts';
import type { Page } from '../domain/ports/store.ts';
import type { Schema } from './schema.ts';

/** Where a page ended: the next one begins with what is older. */
export interface Position {
  readonly createdAt: number;
  readonly id: string;
}

interface PageOptions {
  readonly limit: number;
  readonly cursor?: string;
}

type Listed = 'users' | 'instances' | 'webhooks' | 'backups';
type Keyed = { readonly created_at: number; readonly id: string };

/**
 * One page, newest first, by keyset: the cost is that of the page wherever it lies, and rows that come or go meanwhile shift nothing.
 * @throws DbmakerError invalid_request for a cursor that is not ours
 */
export async function page<T extends Listed, R extends Keyed, I>(query: SelectQueryBuilder<Schema, T, R>, options: PageOptions, toItem: (row: R) => I): Promise<Page<I>> {
  const limit = Math.max(1, options.limit);
  const rows = await older(query, after(options), ['created_at', 'id'])
    .limit(limit + 1) // one more tells whether there is a next page
    .execute();
  return onePage(rows, limit, toItem);
}

/** What comes after a position (null: all), in the order of pages. `by`: the columns of time and id. */
export function older<T extends keyof Schema, R>(query: SelectQueryBuilder<Schema, T, R>, position: Position | null, by: readonly [string, string]): SelectQueryBuilder<Schema, T, R> {
  const [at, id] = [sql.ref(by[0]), sql.ref(by[1])];
  const rest = position === null ? query : query.where(sql<boolean>`(${at}, ${id}) < (${position.createdAt}, ${position.id})`);
  return rest.orderBy(at, 'desc').orderBy(id, 'desc');
}

/** Of `rows` in order, which are more than `limit` where there is a next page. */
export function onePage<R extends Keyed, I>(rows: readonly R[], limit: number, toItem: (row: R) => I): Page<I> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next: rows.length > limit && last ? encode({ createdAt: last.created_at, id: last.id }) : null,
  };
}

/** Where a cursor says that the page begins; null: at the beginning. @throws DbmakerError invalid_request for a cursor that is not ours */
export function after({ cursor }: PageOptions): Position | null {
  return cursor === undefined ? null : decode(cursor);
}

function encode(position: Position): string {
  return Buffer.from(JSON.stringify([position.createdAt, position.id])).toString('base64url');
}

function decode(cursor: string): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(value) && value.length === 2) {
      const [createdAt, id] = value as unknown[];
      if (Number.isSafeInteger(createdAt) && typeof id === 'string' && /^[\w-]{1,64}$/.test(id)) return { createdAt: createdAt as number, id };
    }
  } catch {
    // falls through: whatever it is, it is no cursor of ours
  }
  throw new DbmakerError('invalid_request', 'The cursor is not one that this list gave out.',
    { fields: { '/cursor': 'must be the `next` of a page' }, remedy: 'Start again without a cursor.' });
}
