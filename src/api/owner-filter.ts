import { DbmakerError } from '../domain/errors.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Caller } from './caller.ts';

/**
 * Whose things a list shows when `owner`, a username, was asked for. Without it: an admin sees everybody's, others their own.
 * @returns id of a user; null: everybody's
 * @throws forbidden to everybody but admins, the same whether there is somebody of this name or not
 */
export async function askedOwner(store: Pick<Store, 'users'>, caller: Caller, owner: string | undefined): Promise<string | null> {
  if (owner === undefined) return caller.isAdmin ? null : caller.user.id;
  if (owner === caller.user.username) return caller.user.id;
  if (!caller.isAdmin) throw new DbmakerError('forbidden', 'Only admins see what others own.');
  return userIdOf(store, owner);
}

/** For filters. Nobody has the id '': of a name that nobody has, lists are empty. */
export async function userIdOf({ users }: Pick<Store, 'users'>, username: string): Promise<string> {
  return (await users.getByUsername(username))?.id ?? '';
}
