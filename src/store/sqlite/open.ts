import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Database } from '../database.ts';
import type { Queries, Schema } from '../schema.ts';
import { SqliteDriver, untilNotBusy } from './driver.ts';
import { sqliteFailure } from './errors.ts';

/**
 * Opens (and makes, mode 0600) the database file. WAL, so that readers and the writer do not wait for each other;
 * synchronous=FULL, so that what was acknowledged is still there after a power cut.
 * @throws DbmakerError store_unavailable, store_read_only, disk_full
 */
export async function openSqlite(file: string, clock: Clock): Promise<Database> {
  const database = await guarded(file, async () => {
    createPrivate(file);
    const opened = new DatabaseSync(file, { timeout: 50, enableForeignKeyConstraints: true });
    try {
      // The one statement at opening that needs the file for itself: several processes may start at once.
      await untilNotBusy(() => opened.exec('pragma journal_mode = wal'));
      await untilNotBusy(() => opened.exec('pragma synchronous = full; pragma trusted_schema = off; pragma journal_size_limit = 16777216'));
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  });
  return new SqliteDatabase(database, file, clock);
}

class SqliteDatabase implements Database {
  readonly kind = 'sqlite';
  readonly clock: Clock;
  readonly #queries: Queries;
  readonly #file: string;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync, file: string, clock: Clock) {
    this.clock = clock;
    this.#database = database;
    this.#file = file;
    const driver = new SqliteDriver(database);
    this.#queries = new Kysely<Schema>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => driver,
        createIntrospector: (queries) => new SqliteIntrospector(queries),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
  }

  read<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return guarded(this.#file, () => work(this.#queries));
  }

  write<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return guarded(this.#file, () => this.#queries.transaction().execute(work));
  }

  writeVolatile<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    // While we hold the one connection, nobody else's transaction can run under the other setting. Not as a prepared statement: SQLite
    // carries out this pragma when it compiles it.
    return guarded(this.#file, () => this.#queries.connection().execute(async (connection) => {
      this.#database.exec('pragma synchronous = normal');
      try {
        return await connection.transaction().execute(work);
      } finally {
        this.#database.exec('pragma synchronous = full');
      }
    }));
  }

  close(): Promise<void> {
    return guarded(this.#file, () => this.#queries.destroy());
  }
}

async function guarded<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sqliteFailure(error, file);
  }
}

/**
 * SQLite itself would make the file readable for everybody; -wal and -shm inherit its mode. An existing file is never opened here:
 * closing any descriptor of it would drop the locks that SQLite holds in this process (https://sqlite.org/howtocorrupt.html, 2.2).
 */
function createPrivate(file: string): void {
  const directory = path.dirname(file);
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    makePrivate(file);
    return;
  }
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function makePrivate(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch (error) {
    // A file of another user or on a read-only disk keeps its mode; whether it can be used is seen at the first write.
    if (!(error instanceof Error && 'code' in error && (error.code === 'EPERM' || error.code === 'EROFS'))) throw error;
  }
}
