import type { Began } from '../domain/ports/sign-in-store.ts';
import { wasEnded } from '../domain/user/user.ts';
import type { Database } from './database.ts';
import type { Queries } from './schema.ts';
import { lockUser } from './user-row.ts';

/**
 * Whether what somebody has shown is good for something still. Their user is locked until the end of the transaction: whatever ends sign-ins comes before, and
 * is seen here, or after, and sees what is made now.
 */
export async function isStillGood(database: Database, queries: Queries, { userId, beganWith, began }: { userId: string; beganWith: string; began: Began }): Promise<boolean> {
  const now = database.clock.now();
  const user = await lockUser(database, queries, userId);
  if (user === null || user.disabled) return false;
  if (began.kind === 'token') {
    return (await queries.selectFrom('tokens').select('id').where('id', '=', beganWith).where('user_id', '=', userId).executeTakeFirst()) !== undefined;
  }
  if (wasEnded(user, { id: beganWith, beganAt: began.beganAt }, now)) return false;
  const ended = began.endedAs.length === 0 ? undefined
    : await queries.selectFrom('ended_tokens').select('hash').where('hash', 'in', began.endedAs).where('expires_at', '>', now).limit(1).executeTakeFirst();
  return ended === undefined;
}
