import { DbmakerError } from '../../domain/errors.ts';
import type { AskedWith, TokenRepository } from '../../domain/ports/store.ts';
import type { ApiToken, TokenScope, User } from '../../domain/user/user.ts';
import type { Database } from '../database.ts';
import type { Queries, TokenRow } from '../schema.ts';
import { isStillGood } from '../still-good.ts';
import { lockUser, toUser } from '../user-row.ts';

/** A use is written down once a minute at most: otherwise every request would be a write. */
const TOUCH_EVERY_MS = 60_000;

export class Tokens implements TokenRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(token: Omit<ApiToken, 'createdAt' | 'lastUsedAt' | 'beganWith'>, secretHash: string, asked?: AskedWith): Promise<ApiToken> {
    const created: ApiToken = { ...token, createdAt: this.#database.clock.now(), lastUsedAt: null, beganWith: null };
    await this.#database.write(async (queries) => {
      if (asked !== undefined) await this.#check(queries, created.userId, asked);
      await queries.insertInto('tokens').values({
        id: created.id,
        user_id: created.userId,
        name: created.name,
        scopes: JSON.stringify(created.scopes),
        secret_hash: secretHash,
        created_at: created.createdAt,
        expires_at: created.expiresAt,
        last_used_at: null,
        began_with: null,
      }).execute();
    });
    return created;
  }

  async findByHash(secretHash: string): Promise<{ token: ApiToken; user: User } | null> {
    return this.#database.read(async (queries) => {
      const token = await queries.selectFrom('tokens').selectAll().where('secret_hash', '=', secretHash).executeTakeFirst();
      if (!token) return null;
      const user = await queries.selectFrom('users').selectAll().where('id', '=', token.user_id).executeTakeFirst();
      return user ? { token: toToken(token), user: toUser(user) } : null;
    });
  }

  async listByUser(userId: string): Promise<ApiToken[]> {
    const rows = await this.#database.read((queries) =>
      queries.selectFrom('tokens').selectAll().where('user_id', '=', userId).orderBy('created_at').orderBy('id').execute());
    return rows.map(toToken);
  }

  async delete(userId: string, tokenId: string): Promise<boolean> {
    return this.#database.write(async (queries) => {
      await lockUser(this.#database, queries, userId); // a session that is just being begun with it is seen, or is refused
      const { numDeletedRows } = await queries.deleteFrom('tokens').where('id', '=', tokenId).where('user_id', '=', userId).executeTakeFirst();
      await queries.deleteFrom('tokens').where('began_with', '=', tokenId).where('user_id', '=', userId).execute();
      return numDeletedRows > 0n;
    });
  }

  async touch(tokenId: string): Promise<void> {
    const now = this.#database.clock.now();
    const row = await this.#database.read((queries) => queries.selectFrom('tokens').select('last_used_at').where('id', '=', tokenId).executeTakeFirst());
    if (!row || (row.last_used_at !== null && now - row.last_used_at < TOUCH_EVERY_MS)) return;
    await this.#database.writeVolatile((queries) => queries.updateTable('tokens').set({ last_used_at: now }).where('id', '=', tokenId).execute());
  }

  /** Locks both users, so that of several at once each sees what those before it did. */
  async #check(queries: Queries, ownerId: string, { by, most }: AskedWith): Promise<void> {
    // In the same order by everybody: two admins who make one for each other do not wait for each other.
    for (const id of [ownerId, by.userId].sort()) await lockUser(this.#database, queries, id);
    if (!(await isStillGood(this.#database, queries, by))) throw new DbmakerError('unauthenticated', 'This sign-in was ended.', { remedy: 'Sign in again.' });
    const { count } = await queries.selectFrom('tokens').select(({ fn }) => fn.countAll<number>().as('count'))
      .where('user_id', '=', ownerId).where('began_with', 'is', null).executeTakeFirstOrThrow();
    if (count >= most) throw new DbmakerError('quota_exceeded', `There are ${String(most)} tokens already.`, { remedy: 'Delete those that are no longer used.' });
  }
}

function toToken(row: TokenRow): ApiToken {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as TokenScope[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    beganWith: row.began_with,
  };
}
