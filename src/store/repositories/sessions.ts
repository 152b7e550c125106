import type { Began, NewSession, SessionRepository, SignInsToEnd } from '../../domain/ports/sign-in-store.ts';
import type { Database } from '../database.ts';
import { endSignIns } from '../end-sign-ins.ts';
import { isStillGood } from '../still-good.ts';
import { lockUser } from '../user-row.ts';

/** How such a token is called in the list of tokens, where it can be revoked. */
const NAME = 'browser session';

/** They are tokens with `began_with`. */
export class Sessions implements SessionRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(session: NewSession, began: Began, { most, goesOn }: { most: number; goesOn: string | null }): Promise<{ id: string; goesOn: boolean } | null> {
    return this.#database.write(async (queries) => {
      const now = this.#database.clock.now();
      const { userId, beganWith, expiresAt } = session;
      if (!(await isStillGood(this.#database, queries, { userId, beganWith, began }))) return null;
      const values = { name: `${NAME} of ${beganWith}`, began_with: beganWith, scopes: JSON.stringify(session.scopes), expires_at: expiresAt };
      if (goesOn !== null) {
        const renewed = await queries.updateTable('tokens').set(values).where('secret_hash', '=', goesOn).where('user_id', '=', userId)
          .where('began_with', 'is not', null).where('expires_at', '>', now).returning('id').executeTakeFirst();
        if (renewed !== undefined) return { id: renewed.id, goesOn: true };
      }
      const others = await queries.selectFrom('tokens').select(['id', 'expires_at']).where('user_id', '=', userId).where('began_with', 'is not', null)
        .orderBy('created_at', 'desc').orderBy('id').execute();
      const old = others.filter(({ expires_at: end }, index) => index >= most - 1 || (end !== null && end <= now));
      if (old.length > 0) await queries.deleteFrom('tokens').where('id', 'in', old.map(({ id }) => id)).execute();
      await queries.insertInto('tokens').values({ id: session.id, user_id: userId, secret_hash: session.secretHash, created_at: now, last_used_at: null, ...values }).execute();
      return { id: session.id, goesOn: false };
    });
  }

  async endOf(userId: string, beganWith: string): Promise<void> {
    await this.#database.write(async (queries) => {
      await lockUser(this.#database, queries, userId);
      await queries.deleteFrom('tokens').where('user_id', '=', userId).where('began_with', '=', beganWith).execute();
    });
  }

  async endAll(userId: string, ends: SignInsToEnd): Promise<void> {
    await this.#database.write(async (queries) => endSignIns(this.#database, queries, userId, ends));
  }
}
