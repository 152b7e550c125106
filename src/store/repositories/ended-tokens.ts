import type { EndedTokenRepository } from '../../domain/ports/sign-in-store.ts';
import type { Database } from '../database.ts';

export class EndedTokens implements EndedTokenRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(hash: string, expiresAt: number): Promise<void> {
    await this.#database.write((queries) => queries.insertInto('ended_tokens').values({ hash, expires_at: expiresAt })
      .onConflict((conflict) => conflict.column('hash').doUpdateSet({ expires_at: expiresAt }).where('ended_tokens.expires_at', '<', expiresAt)).execute());
  }

  async hasAny(hashes: readonly string[]): Promise<boolean> {
    if (hashes.length === 0) return false;
    const row = await this.#database.read((queries) => queries.selectFrom('ended_tokens').select('hash').where('hash', 'in', hashes)
      .where('expires_at', '>', this.#database.clock.now()).limit(1).executeTakeFirst());
    return row !== undefined;
  }
}
