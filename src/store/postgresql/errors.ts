import { DbmakerError } from '../../domain/errors.ts';
import { diskFull, readOnly, storeFailed, taken, unavailable } from '../failures.ts';

/** The error of `pg` as ours. SQLSTATE: https://www.postgresql.org/docs/15/errcodes-appendix.html */
export function postgresFailure(error: unknown): DbmakerError {
  if (error instanceof DbmakerError) return error;
  const state = codeOf(error);
  if (state === '23505') return taken(error);
  if (state === '25006') {
    return readOnly(error, 'The PostgreSQL server of DbMaker only allows reading.', 'Point DBMAKER_DATABASE_URL at the primary, not at a standby.');
  }
  if (state === '53100') return diskFull(error, 'Free some space on the disk of the PostgreSQL server that DBMAKER_DATABASE_URL names.');
  if (state === '22021') return new DbmakerError('invalid_request', 'A text holds a character that cannot be stored.', { cause: error });
  if (state === '28P01' || state === '28000' || state === '3D000' || state === '42501') {
    return unavailable(error, 'The PostgreSQL server of DbMaker refuses us.', 'Check user, password and database in DBMAKER_DATABASE_URL.');
  }
  // A 5-character state that is none of those of a lost, starting or overloaded server: our query is wrong.
  if (state !== undefined && /^[0-9A-Z]{5}$/.test(state) && !/^(08|53|57|58|40|XX|55P03)/.test(state) && !/^E[A-Z]{4}$/.test(state)) return storeFailed(error);
  return unavailable(error, 'The PostgreSQL server of DbMaker does not answer.', 'Check that it runs and that DBMAKER_DATABASE_URL is right.');
}

/** Another transaction was in the way; the same thing again will do. */
export function isCollision(error: unknown): boolean {
  const state = codeOf(error);
  return state === '40P01' || state === '40001';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
