import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { DbmakerError } from '../../domain/errors.ts';
import { diskFull, readOnly, storeFailed, taken, unavailable } from '../failures.ts';

/** Primary result codes, https://sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const CONSTRAINT = 19;
const NOTADB = 26;
/** Extended codes of CONSTRAINT. */
const PRIMARY_KEY = 1555;
const UNIQUE = 2067;

/** The error of node:sqlite or node:fs as ours, in words for whoever runs the server. `file`: of the database. */
export function sqliteFailure(error: unknown, file: string): DbmakerError {
  if (error instanceof DbmakerError) return error;
  const code = resultCode(error);
  if (code === undefined) return fileFailure(error, file) ?? storeFailed(error);
  if (code === PRIMARY_KEY || code === UNIQUE) return taken(error);
  switch (code & 0xff) {
    case READONLY:
      return readOnly(error, `The database file ${file} is read-only.`, remedyOf(file));
    case FULL:
      return full(error, file);
    case BUSY:
    case LOCKED:
      return unavailable(error, 'Another process keeps the database locked.', 'Try again; if it lasts, look for a program that holds a transaction open on it.');
    case CORRUPT:
    case NOTADB:
      return unavailable(error, `The database file ${file} is damaged or no SQLite database.`, 'Restore it from a backup.');
    case CANTOPEN:
    case IOERR:
      // SQLite hides the errno here. What the file system says now tells the two cases apart that a person can mend.
      return hidden(error, file);
    case CONSTRAINT:
    default:
      return storeFailed(error);
  }
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && ((code & 0xff) === BUSY || (code & 0xff) === LOCKED);
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return undefined;
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
}

function fileFailure(error: unknown, file: string): DbmakerError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EROFS' || code === 'EPERM' || code === 'EACCES') return readOnly(error, `The database file ${file} cannot be written.`, remedyOf(file));
  if (code === 'ENOSPC' || code === 'EDQUOT') return full(error, file);
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return unavailable(error, `The database file ${file} cannot be opened (${code}).`, remedyOf(file));
  return undefined;
}

function hidden(error: unknown, file: string): DbmakerError {
  if (isFull(file)) return full(error, file);
  if (!writable(file)) return readOnly(error, `The database file ${file} or its directory cannot be written.`, remedyOf(file));
  return unavailable(error, `The database file ${file} cannot be opened or read.`, remedyOf(file));
}

function writable(file: string): boolean {
  try {
    accessSync(path.dirname(file), constants.W_OK);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) {
      if (statSync(name, { throwIfNoEntry: false })) accessSync(name, constants.W_OK);
    }
    return true;
  } catch {
    return false; // whatever the reason: it cannot be written
  }
}

function isFull(file: string): boolean {
  try {
    const { bavail, bfree, bsize } = statfsSync(path.dirname(file));
    const left = process.getuid?.() === 0 ? bfree : bavail;
    return left * bsize < 64 * 1024;
  } catch {
    return false; // not even the directory answers: not a matter of space
  }
}

function full(error: unknown, file: string): DbmakerError {
  return diskFull(error, `Free some space on the disk that holds ${path.dirname(file)}.`);
}

function remedyOf(file: string): string {
  return `Check that ${path.dirname(file)} exists, is on a writable disk and belongs to the user that runs DbMaker.`;
}
