import { sql } from 'kysely';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Page, UserRepository } from '../../domain/ports/store.ts';
import type { Held, NewUser, Quota, User, UserChange } from '../../domain/user/user.ts';
import type { Database } from '../database.ts';
import { page } from '../pages.ts';
import { sumOf, sumsOf } from '../quota.ts';
import type { Queries } from '../schema.ts';
import { searchPattern } from '../search-text.ts';
import { changeUser } from '../user-change.ts';
import { lockUser, newUserRow, toUser } from '../user-row.ts';

/** That somebody was here is written down once a minute at most: otherwise every request would be a write. */
const SEEN_EVERY_MS = 60_000;

export class Users implements UserRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(user: NewUser): Promise<User> {
    const row = newUserRow(user, this.#database.clock.now());
    try {
      await this.#database.write((queries) => queries.insertInto('users').values(row).execute());
    } catch (error) {
      if (!isDbmakerError(error, 'conflict')) throw error;
      throw new DbmakerError('name_taken', `There is a user ${user.username} already.`, { cause: error, fields: { '/username': 'is taken' } });
    }
    return toUser(row);
  }

  async get(id: string): Promise<User | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst());
    return row ? toUser(row) : null;
  }

  async getByUsername(username: string): Promise<User | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst());
    return row ? toUser(row) : null;
  }

  async list({ search = '', ...options }: Parameters<UserRepository['list']>[0]): Promise<Page<User>> {
    return this.#database.read((queries) => {
      const all = queries.selectFrom('users').selectAll();
      return page(search === '' ? all : all.where(sql<boolean>`search like ${searchPattern(search)} escape '\\'`), options, toUser);
    });
  }

  async usage(id: string): Promise<Held> {
    return this.#database.read((queries) => sumOf(queries, id));
  }

  async usages(ids: readonly string[]): Promise<ReadonlyMap<string, Quota>> {
    return this.#database.read((queries) => sumsOf(queries, ids));
  }

  async update(id: string, change: UserChange): Promise<User> {
    return this.#database.write(async (queries) => {
      const losesAdmin = change.role === 'user' || change.disabled === true;
      const admins = losesAdmin ? await this.#lockAdmins(queries) : [];
      const user = await lockUser(this.#database, queries, id);
      if (user === null) throw new DbmakerError('not_found', 'There is no such user.');
      if (admins.includes(id) && admins.length === 1) {
        throw new DbmakerError('conflict', 'This is the last admin who is not disabled.', { remedy: 'Make somebody else an admin first.' });
      }
      return changeUser(this.#database, queries, user, change);
    });
  }

  async seen({ id, lastSeenAt }: User): Promise<void> {
    const now = this.#database.clock.now();
    if (lastSeenAt !== null && Math.abs(now - lastSeenAt) < SEEN_EVERY_MS) return;
    await this.#database.writeVolatile((queries) => queries.updateTable('users').set({ last_seen_at: now }).where('id', '=', id).execute());
  }

  /** Ids of all who are an admin and not disabled. Locked, in one order: of two who go at the same time, the second sees that the first has gone. */
  async #lockAdmins(queries: Queries): Promise<string[]> {
    const rows = await queries.selectFrom('users').select('id').where('role', '=', 'admin').where('disabled', '=', 0).orderBy('id')
      .$if(this.#database.kind === 'postgresql', (query) => query.forNoKeyUpdate()).execute();
    return rows.map(({ id }) => id);
  }
}
