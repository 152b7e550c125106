import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { scramVerifier } from './scram.ts';
import { type Session, withSession } from './session.ts';

/** Stores the verifier of `password` for the user of the session. */
export async function setOwnPassword(session: Session, password: string): Promise<void> {
  // ALTER ROLE takes no parameters; a verifier is base64 and punctuation, so there is nothing to escape.
  await session.rows(`ALTER ROLE CURRENT_USER PASSWORD '${scramVerifier(password)}'`);
}

/**
 * One statement, so a kill leaves the old or the new password, never something between. The present one is tried first: the usual case
 * then leaves no failed login in the owner's log.
 */
export async function rotatePassword(target: EngineTarget, nextPassword: string): Promise<void> {
  const next = { ...target, password: nextPassword };
  try {
    await withSession(target, (session) => setOwnPassword(session, nextPassword));
  } catch (error) {
    if (!isDbmakerError(error, 'access_denied')) throw error;
    // Perhaps it was applied before a kill: the login below says so, or denies it.
  }
  await withSession(next, async (session) => {
    if (!session.scram) throw new DbmakerError('access_denied', 'PostgreSQL lets us in without asking for the password, so the change cannot be proved.');
    await session.rows('SELECT 1');
  });
}
