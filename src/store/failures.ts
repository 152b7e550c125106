import { DbmakerError } from '../domain/errors.ts';

/** What can befall a store, in the words that both databases share. `cause` is what the library threw. */

export function readOnly(cause: unknown, detail: string, remedy: string): DbmakerError {
  return new DbmakerError('store_read_only', `${detail} Nothing was changed.`, { cause, remedy });
}

export function diskFull(cause: unknown, remedy: string): DbmakerError {
  return new DbmakerError('disk_full', 'The disk of the DbMaker database is full. Nothing was changed.', { cause, remedy });
}

export function unavailable(cause: unknown, detail: string, remedy: string): DbmakerError {
  return new DbmakerError('store_unavailable', detail, { cause, remedy, retryAfterMs: 2000 });
}

/** A unique key is there already; repositories turn it into the text that fits. */
export function taken(cause: unknown): DbmakerError {
  return new DbmakerError('conflict', 'Something with the same key exists already.', { cause });
}

/** A query that should not have failed: a bug of ours. */
export function storeFailed(cause: unknown): DbmakerError {
  return new DbmakerError('internal', 'The DbMaker database refused a query.', { cause });
}
