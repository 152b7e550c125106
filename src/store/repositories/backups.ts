import { sql } from 'kysely';
import type { Backup, BackupFormat, BackupState } from '../../domain/backup/backup.ts';
import type { BackupRepository, Page } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';
import { page } from '../pages.ts';
import { NEVER_PROVISIONED, restoredFrom } from '../restoring.ts';
import type { BackupRow } from '../schema.ts';

/** What lies in JSON: everything that is never searched for. */
type Document = Pick<Backup, 'of' | 'format' | 'files' | 'verifiedAt' | 'details' | 'note'>;

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

  async setFormat(id: string, format: BackupFormat): Promise<boolean> {
    return this.#change(id, 'making', (document) => ({ document: JSON.stringify({ ...document, format }) }));
  }

  async finish(id: string, { files, details, note, expiresAt }: Parameters<BackupRepository['finish']>[1]): Promise<boolean> {
    const verifiedAt = this.#database.clock.now();
    return this.#change(id, 'making', (document) => ({
      state: 'verified', expires_at: expiresAt, bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      document: JSON.stringify({ ...document, files, details, note, verifiedAt } satisfies Document),
    }));
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
          // Somebody's new database still waits for it.
          where.not(where.exists(where.selectFrom('instances').select('instances.id').where('desired', '<>', 'deleted').where(NEVER_PROVISIONED).where(restoredFrom(sql.ref('backups.id'))))),
        ]),
        where.and([where('state', '=', 'making'), where('instance_id', 'not in', where.selectFrom('instances').select('id'))]),
      ])).orderBy('created_at').execute());
    return rows.map(toBackup);
  }

  /** One row in this state, read and written in one transaction. */
  async #change(id: string, state: BackupState, change: (document: Document, row: BackupRow) => Partial<BackupRow>): Promise<boolean> {
    return this.#database.write(async (queries) => {
      const row = await queries.selectFrom('backups').selectAll().where('id', '=', id).where('state', '=', state)
        .$if(this.#database.kind === 'postgresql', (query) => query.forUpdate()).executeTakeFirst();
      if (row === undefined) return false;
      await queries.updateTable('backups').set(change(JSON.parse(row.document) as Document, row)).where('id', '=', id).execute();
      return true;
    });
  }
}

function toBackup(row: BackupRow): Backup {
  return {
    id: row.id, instanceId: row.instance_id, ownerId: row.owner_id, state: row.state, createdAt: row.created_at, expiresAt: row.expires_at, bytes: row.bytes,
    ...(JSON.parse(row.document) as Document),
  };
}
