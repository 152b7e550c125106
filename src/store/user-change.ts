import type { User, UserChange } from '../domain/user/user.ts';
import type { Database } from './database.ts';
import { switchOffGlobalWebhooks } from './demote.ts';
import { endSignIns } from './end-sign-ins.ts';
import type { Queries } from './schema.ts';
import { changeable } from './user-row.ts';

/** Changes a user who was locked, and what follows from it. @returns them as they are by then */
export async function changeUser(database: Database, queries: Queries, user: User, change: UserChange): Promise<User> {
  const { displayName = user.displayName, email = user.email, role = user.role, quota = user.quota, disabled = user.disabled } = change;
  const changed: User = { ...user, displayName, email, role, quota, disabled };
  await queries.updateTable('users').set(changeable(changed)).where('id', '=', user.id).execute();
  if (isAdmin(user) && !isAdmin(changed)) await switchOffGlobalWebhooks(database, queries, user.id);
  if (!disabled || user.disabled) return changed;
  return { ...changed, signInsEnded: await endSignIns(database, queries, user.id, { keep: null, tokens: false }) };
}

const isAdmin = ({ role, disabled }: User): boolean => role === 'admin' && !disabled;
