import { sql } from 'kysely';
import type { Backup, BackupFormat, BackupState } from '../../domain/backup/backup.ts';
import { noRoomFor, type BackupUsage } from '../../domain/backup/usage.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { BackupPlace } from '../../domain/ports/backups.ts';
import type { BackupRepository, Lease, Page } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';
import { page } from '../pages.ts';
import { NEVER_PROVISIONED, restoredFrom } from '../restoring.ts';
import type { BackupRow, Queries } from '../schema.ts';

/** What lies in JSON: everything that is never searched for. Rows of before tries were numbered lack `attempt`. */
type Document = Pick<Backup, 'of' | 'format' | 'files' | 'verifiedAt' | 'details' | 'note'> & { readonly attempt?: number };

export class Backups implements BackupRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin({ id, instanceId, ownerId, of, format }: Parameters<BackupRepository['begin']>[0]): Promise<Backup> {
    const document: Document = { of, format, files: [], verifiedAt: null, details: {}, note: null };
    const row: BackupRow = {
      id, instance_id: instanceId, owner_id: ownerId, state: 'making', created_at: this.#database.clock.now(), expires_at: null, bytes: 0, document: JSON.stringify(document),
    };
    await this.#database.write((queries) => queries.insertInto('backups').values(row).execute());
    return toBackup(row);
  }

  async get(id: string): Promise<Backup | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('backups').selectAll().where('id', '=', id).executeTakeFirst());
    return row ? toBackup(row) : null;
  }

  async ofInstance(instanceId: string): Promise<Backup[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('backups').selectAll().where('instance_id', '=', instanceId).orderBy('created_at').orderBy('id').execute());
    return rows.map(toBackup);
  }

  async list(filter: { ownerId?: string }, options: { limit: number; cursor?: string }): Promise<Page<Backup>> {
    return this.#database.read((queries) => {
      const verified = queries.selectFrom('backups').selectAll().where('state', '=', 'verified');
      return page(filter.ownerId === undefined ? verified : verified.where('owner_id', '=', filter.ownerId), options, toBackup);
    });
  }

  async setFormat(lease: Lease, id: string, format: BackupFormat): Promise<boolean> {
    return this.#change(id, 'making', (document) => ({ document: JSON.stringify({ ...document, format }) }), { lease });
  }

  async beginAttempt(lease: Lease, id: string): Promise<number | null> {
    let attempt = 0;
    const begun = await this.#change(id, 'making', (document) => {
      attempt = (document.attempt ?? 0) + 1;
      return { document: JSON.stringify({ ...document, attempt }) };
    }, { lease });
    return begun ? attempt : null;
  }

  async claim({ id, attempt }: BackupPlace, { need, wish }: { need: number; wish: number }): Promise<number | null> {
    return this.#database.writeVolatile(async (queries) => {
      const row = await queries.selectFrom('backups').select('owner_id').where('id', '=', id).executeTakeFirst();
      if (row === undefined) return null;
      const usage = await usageOf(queries, row.owner_id, id, this.#database.kind === 'postgresql'); // locks the owner first, so that of two that claim each sees the other
      const current = await this.#locked(queries, id, 'making');
      if (current === undefined || (JSON.parse(current.document) as Document).attempt !== attempt) return null;
      const room = usage.limit - usage.bytes;
      if (need > 0 && need > room) throw noRoomFor(usage);
      const bytes = Math.max(0, Math.min(wish, room)); // less than none is left where the quota was made smaller: what was claimed is given back all the same
      await queries.updateTable('backups').set({ bytes }).where('id', '=', id).execute();
      return bytes;
    });
  }

  async usage(ownerId: string, except?: string): Promise<BackupUsage> {
    return this.#database.read((queries) => usageOf(queries, ownerId, except, false));
  }

  async totals(): Promise<{ count: number; bytes: number }> {
    const row = await this.#database.read((queries) => queries.selectFrom('backups').select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number | null>('bytes').as('bytes')]).executeTakeFirstOrThrow());
    return { count: row.count, bytes: row.bytes ?? 0 };
  }

  async finish(lease: Lease, { id, attempt }: BackupPlace, { files, details, note, expiresAt, login }: Parameters<BackupRepository['finish']>[2]): Promise<boolean> {
    const verifiedAt = this.#database.clock.now();
    return this.#change(id, 'making', (document) => ({
      state: 'verified', expires_at: expiresAt, bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      document: JSON.stringify({ ...document, of: { ...document.of, ...login }, files, details, note, verifiedAt } satisfies Document),
    }), { lease, attempt });
  }

  async keepUntil(id: string, time: number): Promise<boolean> {
    return this.#change(id, 'verified', (_document, row) => ({ expires_at: Math.max(row.expires_at ?? 0, time) }));
  }

  async markRemoving(id: string, { expiredAt }: { expiredAt?: number } = {}): Promise<boolean> {
    return this.#database.write(async (queries) => {
      const { numUpdatedRows } = await queries.updateTable('backups').set({ state: 'removing' }).where('id', '=', id)
        .where((where) => where.or([
          where('state', 'in', ['making', 'removing']),
          // Somebody may just have asked for it to be kept longer.
          where.and([where('state', '=', 'verified'), ...(expiredAt === undefined ? [] : [where('expires_at', '<=', expiredAt)])]),
        ])).executeTakeFirst();
      return numUpdatedRows > 0n;
    });
  }

  async delete(id: string): Promise<void> {
    await this.#database.write((queries) => queries.deleteFrom('backups').where('id', '=', id).where('state', '=', 'removing').execute());
  }

  async removable(now: number): Promise<Backup[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('backups').selectAll()
      .where((where) => where.or([
        where('state', '=', 'removing'),
        where.and([
          where('state', '=', 'verified'), where('expires_at', '<=', now),
          // What it is of is not gone yet, and may be only in part.
          where.not(where.exists(where.selectFrom('instances').select('instances.id').whereRef('instances.id', '=', 'backups.instance_id').where('desired', '=', 'deleted'))),
          // Somebody's new database still waits for it.
          where.not(where.exists(where.selectFrom('instances').select('instances.id').where('desired', '<>', 'deleted').where(NEVER_PROVISIONED).where(restoredFrom(sql.ref('backups.id'))))),
        ]),
        where.and([where('state', '=', 'making'), where('instance_id', 'not in', where.selectFrom('instances').select('id'))]),
      ])).orderBy('created_at').execute());
    return rows.map(toBackup);
  }

  /** One row in this state, read and written in one transaction; of a worker that makes it only while that holds the lease of the instance. */
  async #change(id: string, state: BackupState, change: (document: Document, row: BackupRow) => Partial<BackupRow>, only: { lease?: Lease; attempt?: number } = {}): Promise<boolean> {
    return this.#database.write(async (queries) => {
      if (only.lease !== undefined && !(await this.#holds(queries, only.lease))) return false;
      const row = await this.#locked(queries, id, state);
      if (row === undefined) return false;
      const document = JSON.parse(row.document) as Document;
      if (only.attempt !== undefined && document.attempt !== only.attempt) return false;
      await queries.updateTable('backups').set(change(document, row)).where('id', '=', id).execute();
      return true;
    });
  }

  /** Nobody else can claim it before the end of the transaction. */
  async #holds(queries: Queries, { instanceId, holder, token }: Lease): Promise<boolean> {
    const row = await queries.selectFrom('instances').select('id').where('id', '=', instanceId).where('lease_holder', '=', holder).where('lease_token', '=', token)
      .$if(this.#database.kind === 'postgresql', (query) => query.forUpdate()).executeTakeFirst();
    return row !== undefined;
  }

  async #locked(queries: Queries, id: string, state: BackupState): Promise<BackupRow | undefined> {
    return queries.selectFrom('backups').selectAll().where('id', '=', id).where('state', '=', state)
      .$if(this.#database.kind === 'postgresql', (query) => query.forUpdate()).executeTakeFirst();
  }
}

/** @param lock the owner, until the end of the transaction */
async function usageOf(queries: Queries, ownerId: string, except: string | undefined, lock: boolean): Promise<BackupUsage> {
  const owner = await queries.selectFrom('users').select('quota_backup_bytes').where('id', '=', ownerId).$if(lock, (query) => query.forNoKeyUpdate()).executeTakeFirst();
  if (owner === undefined) throw new DbmakerError('not_found', 'There is no such user.');
  const { bytes } = await queries.selectFrom('backups').select(({ fn }) => fn.sum<number | null>('bytes').as('bytes')).where('owner_id', '=', ownerId)
    .$if(except !== undefined, (query) => query.where('id', '<>', except ?? '')).executeTakeFirstOrThrow();
  return { bytes: bytes ?? 0, limit: owner.quota_backup_bytes };
}

function toBackup(row: BackupRow): Backup {
  return {
    id: row.id, instanceId: row.instance_id, ownerId: row.owner_id, state: row.state, createdAt: row.created_at, expiresAt: row.expires_at, bytes: row.bytes,
    attempt: 0, ...(JSON.parse(row.document) as Document),
  };
}
