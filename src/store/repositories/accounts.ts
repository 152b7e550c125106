import type { Account, AccountRepository, SignInsToEnd } from '../../domain/ports/sign-in-store.ts';
import type { Database } from '../database.ts';
import { endSignIns } from '../end-sign-ins.ts';
import type { Queries } from '../schema.ts';

export class Accounts implements AccountRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(userId: string): Promise<Account | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('accounts').selectAll().where('user_id', '=', userId).executeTakeFirst());
    return row ? { userId: row.user_id, passwordHash: row.password_hash, mustChange: row.must_change === 1, changedAt: row.changed_at } : null;
  }

  async put(account: Omit<Account, 'changedAt'>, insteadOf?: string | null, ends?: SignInsToEnd): Promise<boolean> {
    return this.#database.write(async (queries) => {
      const done = await this.#put(queries, account, insteadOf);
      if (done && ends !== undefined) await endSignIns(this.#database, queries, account.userId, ends);
      return done;
    });
  }

  async #put(queries: Queries, { userId, passwordHash, mustChange }: Omit<Account, 'changedAt'>, insteadOf: string | null | undefined): Promise<boolean> {
    const values = { password_hash: passwordHash, must_change: mustChange ? 1 : 0, changed_at: this.#database.clock.now() };
    if (typeof insteadOf === 'string') {
      const { numUpdatedRows } = await queries.updateTable('accounts').set(values).where('user_id', '=', userId).where('password_hash', '=', insteadOf).executeTakeFirst();
      return numUpdatedRows > 0n;
    }
    const { numInsertedOrUpdatedRows } = await queries.insertInto('accounts').values({ user_id: userId, ...values })
      .onConflict((conflict) => (insteadOf === null ? conflict.column('user_id').doNothing() : conflict.column('user_id').doUpdateSet(values))).executeTakeFirst();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
}
