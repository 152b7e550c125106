import { DbmakerError } from '../../domain/errors.ts';
import { notReady } from '../readiness.ts';
import { bareCause, isConnectionLoss, unreachable } from '../with-connection.ts';

/** An error of `ioredis` in our words. `secrets` never show up in it: its own errors carry the arguments of the command, AUTH's too. */
export function redisError(error: unknown, secrets: readonly string[]): DbmakerError {
  if (error instanceof DbmakerError) return error;
  const cause = bareCause(error, secrets);
  const text = cause.message;
  if (isConnectionLoss(error) || /Connection is closed|Stream isn't writeable|aborted due to connection close/.test(text)) {
    return unreachable('Redis closed the connection.', cause);
  }
  if (/^(LOADING|MASTERDOWN)\b/.test(text)) return notReady(`Redis says: ${text}`, cause);
  if (/^(WRONGPASS|NOAUTH|NOPERM)\b/.test(text) || text.includes('invalid username-password pair')) {
    return new DbmakerError('access_denied', text.startsWith('NOPERM') ? 'The login that DbMaker knows may not do this in Redis.' : 'Redis refuses the login that DbMaker knows.', {
      cause, remedy: 'Was the password or the user changed inside the database? Set it back, or delete the database.',
    });
  }
  if (text.includes('No space left on device')) return new DbmakerError('disk_full', 'Redis has no space left on its disk.', { cause });
  if (/^OOM\b/.test(text)) return new DbmakerError('out_of_memory', 'Redis has no memory left.', { cause });
  return new DbmakerError('runtime_failed', `Redis says: ${text}`, { cause });
}
