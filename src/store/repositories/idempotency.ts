import type { IdempotencyRecord, IdempotencyRepository } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';

export class Idempotency implements IdempotencyRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(userId: string, key: string, requestHash: string, ttlMs: number): Promise<IdempotencyRecord | null> {
    return this.#database.write(async (queries) => {
      const now = this.#database.clock.now();
      const claim = { request_hash: requestHash, expires_at: now + ttlMs, created_at: now };
      // One statement takes a new key as well as a claim whose holder died before it could answer.
      const { numInsertedOrUpdatedRows } = await queries.insertInto('idempotency')
        .values({ user_id: userId, key, response_status: null, response_instance_id: null, ...claim })
        .onConflict((conflict) => conflict.columns(['user_id', 'key']).doUpdateSet(claim)
          .where('idempotency.response_status', 'is', null).where('idempotency.expires_at', '<=', now))
        .executeTakeFirst();
      if ((numInsertedOrUpdatedRows ?? 0n) > 0n) return null;
      const row = await queries.selectFrom('idempotency').selectAll().where('user_id', '=', userId).where('key', '=', key).executeTakeFirstOrThrow();
      return {
        requestHash: row.request_hash,
        response: row.response_status === null || row.response_instance_id === null ? null : { status: row.response_status, instanceId: row.response_instance_id },
      };
    });
  }

  async finish(userId: string, key: string, response: { status: number; instanceId: string }): Promise<void> {
    await this.#database.write((queries) => queries.updateTable('idempotency')
      .set({ response_status: response.status, response_instance_id: response.instanceId })
      .where('user_id', '=', userId).where('key', '=', key).execute());
  }

  async abandon(userId: string, key: string): Promise<void> {
    await this.#database.write((queries) => queries.deleteFrom('idempotency')
      .where('user_id', '=', userId).where('key', '=', key).where('response_status', 'is', null).execute());
  }

  async deleteBefore(time: number): Promise<number> {
    return this.#database.write(async (queries) => {
      const { numDeletedRows } = await queries.deleteFrom('idempotency').where('created_at', '<', time).executeTakeFirst();
      return Number(numDeletedRows);
    });
  }
}
