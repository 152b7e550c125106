import type { Store } from '../../domain/ports/store.ts';
import type { Caller } from '../caller.ts';
import type { SignIn } from './sign-in.ts';

/**
 * Looks again at what somebody showed when a long answer began: null when it was revoked or ended, or they were disabled, else who they are by now, and
 * until when it is good (milliseconds since 1970, null: for ever), as a session may have been renewed.
 */
export async function stillGood(
  { store, signInCheck }: { readonly store: Store; readonly signInCheck: SignIn }, caller: Caller,
): Promise<{ readonly caller: Caller; readonly expiresAt: number | null } | null> {
  const { token, by } = caller;
  const user = await store.users.get(caller.user.id);
  if (user === null || user.disabled) return null;
  const now: Caller = { ...caller, user, isAdmin: caller.isAdmin && user.role === 'admin' };
  if (by.kind === 'access-token') return (await signInCheck.isEnded(by.claims, user)) ? null : { caller: now, expiresAt: by.claims.expiresAt };
  const found = (await store.tokens.listByUser(user.id)).find(({ id }) => id === token.id);
  return found === undefined ? null : { caller: now, expiresAt: found.expiresAt };
}
