import { chmodSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DbmakerError } from '../../domain/errors.ts';
import { isBusy, sqliteFailure } from './errors.ts';

export interface HeldLock {
  release(): void;
}

/**
 * Claims a home for this process until `release` or its end, however that comes: two servers on one home would both believe that every
 * instance is theirs.
 * @throws DbmakerError conflict when another process has it, store_read_only, disk_full, store_unavailable
 */
export function lockHome(home: string): HeldLock {
  const lock = tryLock(path.join(home, 'server.lock'));
  if (lock !== null) return lock;
  throw new DbmakerError('conflict', `Another DbMaker server is running with DBMAKER_HOME=${home}.`, {
    remedy: 'Stop it first, or give this one a home of its own with DBMAKER_HOME.',
  });
}

/**
 * A lock that ends with the process. It is SQLite's own, which works on every system and between containers; the file holds nothing.
 * @returns null: another process has it. @throws DbmakerError store_read_only, disk_full, store_unavailable
 */
export function tryLock(file: string): HeldLock | null {
  try {
    const database = new DatabaseSync(file);
    try {
      database.exec('begin exclusive');
      chmodSync(file, 0o600);
    } catch (error) {
      database.close();
      throw error;
    }
    return { release: () => { database.close(); } };
  } catch (error) {
    if (isBusy(error)) return null;
    throw sqliteFailure(error, file);
  }
}
