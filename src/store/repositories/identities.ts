import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Identity, IdentityRepository } from '../../domain/ports/sign-in-store.ts';
import type { NewUser, User, UserChange } from '../../domain/user/user.ts';
import type { Database } from '../database.ts';
import type { Queries } from '../schema.ts';
import { changeUser } from '../user-change.ts';
import { lockUser, newUserRow, toUser } from '../user-row.ts';

export class Identities implements IdentityRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(identity: Identity): Promise<User | null> {
    return this.#database.read((queries) => userOf(queries, identity));
  }

  async create(identity: Identity, user: NewUser): Promise<User> {
    const row = newUserRow(user, this.#database.clock.now());
    try {
      return await this.#database.write(async (queries) => {
        const existing = await userOf(queries, identity);
        if (existing !== null) return existing;
        await queries.insertInto('users').values(row).execute();
        await queries.insertInto('identities').values({ ...identity, user_id: row.id, created_at: row.created_at, told_at: 0 }).execute();
        return toUser(row);
      });
    } catch (error) {
      if (!isDbmakerError(error, 'conflict')) throw error;
      const meanwhile = await this.find(identity); // made at the same time by another request of the same person
      if (meanwhile !== null) return meanwhile;
      throw new DbmakerError('name_taken', `There is a user ${user.username} already.`, { cause: error, fields: { '/username': 'is taken' } });
    }
  }

  async bring(identity: Identity, change: Pick<UserChange, 'displayName' | 'email' | 'role'>, toldAt: number): Promise<User> {
    return this.#database.write(async (queries) => {
      const found = await userOf(queries, identity);
      const user = found === null ? null : await lockUser(this.#database, queries, found.id);
      if (user === null) throw new DbmakerError('not_found', 'There is no such user.');
      const row = await queries.selectFrom('identities').select('told_at').where('issuer', '=', identity.issuer).where('subject', '=', identity.subject).executeTakeFirstOrThrow();
      const at = Math.min(toldAt, this.#database.clock.now()); // a clock that is ahead there must not keep away what comes later
      if (at < row.told_at) return user;
      await queries.updateTable('identities').set({ told_at: at }).where('issuer', '=', identity.issuer).where('subject', '=', identity.subject).execute();
      return Object.keys(change).length === 0 ? user : changeUser(this.#database, queries, user, change);
    });
  }
}

async function userOf(queries: Queries, { issuer, subject }: Identity): Promise<User | null> {
  const row = await queries.selectFrom('identities').innerJoin('users', 'users.id', 'identities.user_id').selectAll('users')
    .where('identities.issuer', '=', issuer).where('identities.subject', '=', subject).executeTakeFirst();
  return row ? toUser(row) : null;
}
