import { sql } from 'kysely';
import type { AttemptRepository } from '../../domain/ports/sign-in-store.ts';
import type { Database } from '../database.ts';

export class Attempts implements AttemptRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async take(limits: readonly { readonly key: string; readonly most: number }[], windowMs: number): Promise<number | null> {
    return this.#database.writeVolatile(async (queries) => {
      const now = this.#database.clock.now();
      // A row whose end is further away than a window can be is of a clock that was wrong.
      const isCurrent = sql<boolean>`attempts.expires_at > ${now} and attempts.expires_at <= ${now + windowMs}`;
      // In one order, so that two of these never wait for each other. Counted first: what is read then is locked.
      const sorted = [...limits].sort((a, b) => (a.key < b.key ? -1 : 1));
      let until: number | null = null;
      for (const { key, most } of sorted) {
        const row = await queries.insertInto('attempts').values({ key, count: 1, expires_at: now + windowMs })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({
            count: sql`case when ${isCurrent} then attempts.count + 1 else 1 end`,
            expires_at: sql`case when ${isCurrent} then attempts.expires_at else ${now + windowMs} end`,
          })).returning(['count', 'expires_at']).executeTakeFirstOrThrow();
        if (row.count > most) until = Math.max(until ?? 0, row.expires_at);
      }
      if (until !== null) await less(queries, sorted.map(({ key }) => key));
      return until;
    });
  }

  async giveBack(keys: readonly string[]): Promise<void> {
    await this.#database.writeVolatile((queries) => less(queries, [...keys].sort()));
  }

  async clear(key: string): Promise<void> {
    await this.#database.writeVolatile((queries) => queries.deleteFrom('attempts').where('key', '=', key).execute());
  }
}

async function less(queries: Parameters<Parameters<Database['write']>[0]>[0], keys: readonly string[]): Promise<void> {
  for (const key of keys) await queries.updateTable('attempts').set({ count: sql`count - 1` }).where('key', '=', key).where('count', '>', 0).execute();
}
