import { sql, type SelectQueryBuilder } from 'kysely';
import { DbmakerError } from '../domain/errors.ts';
import type { Page } from '../domain/ports/store.ts';
import type { Schema } from './schema.ts';

/** Where a page ended: the next one begins with what is older. */
interface Position {
  readonly createdAt: number;
  readonly id: string;
}

interface PageOptions {
  readonly limit: number;
  readonly cursor?: string;
}

type Listed = 'users' | 'instances' | 'webhooks' | 'backups';

/**
 * One page, newest first, by keyset: the cost is that of the page wherever it lies, and rows that come or go meanwhile shift nothing.
 * @throws DbmakerError invalid_request for a cursor that is not ours
 */
export async function page<T extends Listed, R extends { created_at: number; id: string }, I>(
  query: SelectQueryBuilder<Schema, T, R>, options: PageOptions, toItem: (row: R) => I,
): Promise<Page<I>> {
  const limit = Math.max(1, options.limit);
  const after = options.cursor === undefined ? null : decode(options.cursor);
  const older = after === null ? query : query.where(sql<boolean>`(${sql.ref('created_at')}, ${sql.ref('id')}) < (${after.createdAt}, ${after.id})`);
  const rows = await older
    .orderBy(sql.ref('created_at'), 'desc').orderBy(sql.ref('id'), 'desc')
    .limit(limit + 1) // one more tells whether there is a next page
    .execute();
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next: rows.length > limit && last ? encode({ createdAt: last.created_at, id: last.id }) : null,
  };
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
