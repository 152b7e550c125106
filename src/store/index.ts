import path from 'node:path';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';
import { observed, type ObserveStore } from './observed.ts';
import { openPostgresql } from './postgresql/open.ts';
import { openSqlite } from './sqlite/open.ts';
import { SqlStore } from './store.ts';

export { openSecretBox, verifySecretBox } from './secret-box.ts';
export { STORE_FAILURES, type ObserveStore } from './observed.ts';
export { lockHome, tryLock, type HeldLock } from './sqlite/home-lock.ts';

export interface StoreOptions {
  /** Absolute directory; holds `dbmaker.sqlite` when there is no databaseUrl. */
  readonly home: string;
  /** postgresql://...; a secret. null: SQLite. */
  readonly databaseUrl: string | null;
  readonly clock: Clock;
  readonly log?: Log;
  /** Told of each operation, for figures. */
  readonly observe?: ObserveStore;
}

/**
 * Opens the store and brings its schema up to date.
 * @throws DbmakerError store_unavailable, store_read_only, disk_full, invalid_configuration (made by a newer DbMaker)
 */
export async function openStore({ home, databaseUrl, clock, log, observe }: StoreOptions): Promise<Store> {
  const opened = databaseUrl === null ? await openSqlite(path.join(home, 'dbmaker.sqlite'), clock) : openPostgresql(databaseUrl, clock, log);
  const database = observe === undefined ? opened : observed(opened, observe);
  const store = new SqlStore(database, log);
  try {
    await store.migrate();
    return store;
  } catch (error) {
    await database.close().catch((later: unknown) => log?.debug({ err: later }, 'the store did not close cleanly after it failed to open'));
    throw error;
  }
}
