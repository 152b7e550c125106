import { DbmakerError } from '../../domain/errors.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { withEither } from '../with-either.ts';
import { scramVerifier } from './scram.ts';
import { type Session, withSession } from './session.ts';

/** Stores the verifier of `password` for the user of the session. */
export async function setOwnPassword(session: Session, password: string): Promise<void> {
  // ALTER ROLE takes no parameters; a verifier is base64 and punctuation, so there is nothing to escape.
  await session.rows(`ALTER ROLE CURRENT_USER PASSWORD '${scramVerifier(password)}'`);
}

/**
 * One statement, so a kill leaves the old or the new password, never something between. The present one is tried first: the usual case
 * then leaves no failed login in the owner's log. If only the next one lets us in, it was applied before a kill, and is applied again:
 * who did that, and how durably, is not known.
 */
export async function rotatePassword(target: EngineTarget, nextPassword: string): Promise<void> {
  const next = { ...target, password: nextPassword };
  const apply = (session: Session): Promise<void> => setOwnPassword(session, nextPassword);
  await withEither(target, next, (candidate) => withSession(candidate, apply));
  await withSession(next, async (session) => {
    if (!session.scram) throw new DbmakerError('access_denied', 'PostgreSQL lets us in without asking for the password, so the change cannot be proved.');
    await session.rows('SELECT 1');
  });
}
