import { sql } from 'kysely';
import { DbmakerError } from '../../domain/errors.ts';
import type { Database } from '../database.ts';
import type { Queries } from '../schema.ts';
import type { Migration } from './migration.ts';

/** Any number that nothing else on the server uses as an advisory lock. */
const LOCK = 7_312_209_411;

/**
 * Brings the schema up to the last of `migrations`; each is one transaction, and of several processes one at a time looks and migrates.
 * @returns the versions that were applied now
 * @throws DbmakerError invalid_configuration when the database is newer than `migrations`
 */
export async function runMigrations(database: Database, migrations: readonly Migration[]): Promise<number[]> {
  const applied: number[] = [];
  // One more transaction than migrations: the last one finds nothing to do.
  for (let left = migrations.length; left >= 0; left -= 1) {
    const version = await database.write((queries) => applyNext(queries, database, migrations));
    if (version === null) break;
    applied.push(version);
  }
  return applied;
}

async function applyNext(queries: Queries, database: Database, migrations: readonly Migration[]): Promise<number | null> {
  if (database.kind === 'postgresql') await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(queries);
  await queries.schema.createTable('schema_migrations').ifNotExists()
    .addColumn('version', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute();
  const row = await queries.selectFrom('schema_migrations').select('version').orderBy('version', 'desc').limit(1).executeTakeFirst();
  const current = row?.version ?? 0;
  const latest = migrations.at(-1)?.version ?? 0;
  if (current > latest) {
    throw new DbmakerError('invalid_configuration',
      `The database was made by a newer DbMaker (its schema is version ${String(current)}, this program knows ${String(latest)}).`,
      { remedy: 'Start the newer version again, or restore a backup that was made with this one.' });
  }
  const next = migrations.find((migration) => migration.version === current + 1);
  if (!next) return null;
  await next.up(queries, database.kind);
  await queries.insertInto('schema_migrations').values({ version: next.version, name: next.name, applied_at: database.clock.now() }).execute();
  return next.version;
}
