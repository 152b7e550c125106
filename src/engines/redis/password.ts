import { createHash } from 'node:crypto';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { withEither } from '../with-either.ts';
import { type Session, withSession } from './session.ts';

/**
 * SETUSER is atomic and in memory, SAVE makes it durable. A kill between the two leaves the next password in memory and the present one on
 * disk, so whichever of them lets us in, both steps are done (again). Sessions stay logged in.
 */
export async function rotatePassword(target: EngineTarget, nextPassword: string): Promise<void> {
  const next = { ...target, password: nextPassword };
  const apply = (session: Session): Promise<void> => setPassword(session, target.username, nextPassword);
  await withEither(target, next, (candidate) => withSession(candidate, apply));
  await withSession(next, (session) => session.command('PING'));
}

/** Only the hash travels: ACL LOG, MONITOR and SLOWLOG show arguments. */
async function setPassword(session: Session, username: string, password: string): Promise<void> {
  const hash = createHash('sha256').update(password).digest('hex');
  await session.command('ACL', 'SETUSER', username, 'on', 'resetpass', `#${hash}`);
  await saveUsers(session);
}

/** @throws runtime_failed when this Redis runs without an ACL file: nothing about users would outlive it */
export async function saveUsers(session: Session): Promise<void> {
  await session.command('ACL', 'SAVE');
}
