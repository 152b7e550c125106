import type { OidcRecord, OidcRepository } from '../../domain/ports/sign-in-store.ts';
import type { Database } from '../database.ts';
import type { OidcRecordRow } from '../sign-in-schema.ts';

/** That a session was ended is remembered for so long, as a record of its own: a request that had read it before must not write it back. */
const ENDED = 'EndedSession';
const ENDED_MS = 15 * 60_000;

export class Oidc implements OidcRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put(record: Omit<OidcRecord, 'consumedAt'>): Promise<void> {
    const { model, id, payload, grantId, uid, sessionUid, accountId, expiresAt } = record;
    const values = { payload, grant_id: grantId, uid, session_uid: sessionUid, account_id: accountId, expires_at: expiresAt };
    await this.#database.write(async (queries) => {
      const session = uid ?? sessionUid;
      if (session !== null && (await queries.selectFrom('oidc_records').select('id').where('model', '=', ENDED).where('id', '=', session).executeTakeFirst())) return;
      await queries.insertInto('oidc_records').values({ model, id, consumed_at: null, ...values })
        .onConflict((conflict) => conflict.columns(['model', 'id']).doUpdateSet(values)).execute();
    });
  }

  async get(model: string, id: string): Promise<OidcRecord | null> {
    return this.#one('id', model, id);
  }

  async getByUid(model: string, uid: string): Promise<OidcRecord | null> {
    return this.#one('uid', model, uid);
  }

  async #one(column: 'id' | 'uid', model: string, value: string): Promise<OidcRecord | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('oidc_records').selectAll().where('model', '=', model).where(column, '=', value)
      .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', this.#database.clock.now())])).executeTakeFirst());
    return row ? toRecord(row) : null;
  }

  async consume(model: string, id: string): Promise<boolean> {
    return this.#database.write(async (queries) => {
      const { numUpdatedRows } = await queries.updateTable('oidc_records').set({ consumed_at: this.#database.clock.now() })
        .where('model', '=', model).where('id', '=', id).where('consumed_at', 'is', null).executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  async delete(model: string, id: string): Promise<void> {
    await this.#database.write((queries) => queries.deleteFrom('oidc_records').where('model', '=', model).where('id', '=', id).execute());
  }

  async deleteOfGrant(grantId: string): Promise<void> {
    await this.#database.write((queries) => queries.deleteFrom('oidc_records').where('grant_id', '=', grantId).execute());
  }

  async sessionsOf(accountId: string): Promise<string[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('oidc_records').select('uid')
      .where('account_id', '=', accountId).where('model', '=', 'Session').where('uid', 'is not', null).execute());
    return rows.flatMap(({ uid }) => (uid === null ? [] : [uid]));
  }

  async deleteSession(uid: string): Promise<void> {
    await this.#database.write(async (queries) => {
      const ended = { payload: '', expires_at: this.#database.clock.now() + ENDED_MS };
      await queries.insertInto('oidc_records').values({ model: ENDED, id: uid, grant_id: null, uid: null, session_uid: null, account_id: null, consumed_at: null, ...ended })
        .onConflict((conflict) => conflict.columns(['model', 'id']).doUpdateSet(ended)).execute();
      await queries.deleteFrom('oidc_records').where('session_uid', '=', uid).execute();
      await queries.deleteFrom('oidc_records').where('uid', '=', uid).where('model', '=', 'Session').execute();
    });
  }
}

function toRecord(row: OidcRecordRow): OidcRecord {
  return {
    model: row.model, id: row.id, payload: row.payload, grantId: row.grant_id, uid: row.uid, sessionUid: row.session_uid, accountId: row.account_id,
    consumedAt: row.consumed_at, expiresAt: row.expires_at,
  };
}
