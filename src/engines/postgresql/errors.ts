import { DbmakerError } from '../../domain/errors.ts';
import { notReady } from '../readiness.ts';
import { bareCause, isConnectionLoss, unreachable } from '../with-connection.ts';

/** SQLSTATE: starting up, shutting down, recovering from a crash, terminated by an administrator. */
const NOT_NOW = new Set(['57P01', '57P02', '57P03']);
const DENIED = new Set(['28P01', '28000']);

/** SQLSTATE of a server's answer, else undefined. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** An error of `pg` in our words. `secrets` never show up in it. */
export function postgresqlError(error: unknown, secrets: readonly string[]): DbmakerError {
  if (error instanceof DbmakerError) return error;
  const cause = bareCause(error, secrets);
  const state = sqlState(error);
  if (state === undefined) {
    if (isConnectionLoss(error) || /Connection terminated|not queryable/.test(cause.message)) return unreachable('PostgreSQL closed the connection.', cause);
    if (cause.message.startsWith('SASL')) return new DbmakerError('access_denied', `PostgreSQL and we did not agree on the login: ${cause.message}.`, { cause });
    return new DbmakerError('runtime_failed', 'PostgreSQL answered in a way that we do not understand.', { cause });
  }
  if (NOT_NOW.has(state)) return notReady(`PostgreSQL says: ${cause.message}.`, cause);
  if (DENIED.has(state)) {
    return new DbmakerError('access_denied', 'PostgreSQL refuses the login that DbMaker knows.', {
      cause, remedy: 'Was the password or the user changed inside the database? Set it back, or delete the database.',
    });
  }
  if (state === '53100') return new DbmakerError('disk_full', 'PostgreSQL has no space left on its disk.', { cause });
  if (state === '53200') return new DbmakerError('out_of_memory', 'PostgreSQL has no memory left.', { cause });
  return new DbmakerError('runtime_failed', `PostgreSQL says: ${cause.message} (${state}).`, { cause });
}
