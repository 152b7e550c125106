import type { ApiContext } from '../app-type.ts';
import type { Caller } from '../caller.ts';

/**
 * Looks again at what somebody showed when a long answer began: null when it was revoked or ended, else until when it is good now (milliseconds
 * since 1970, null: for ever), as a session may have been renewed.
 */
export async function stillGood({ store, signInCheck }: Pick<ApiContext, 'store' | 'signInCheck'>, { user, token, by }: Caller): Promise<{ readonly expiresAt: number | null } | null> {
  if (by.kind === 'access-token') return (await signInCheck.isEnded(by.claims)) ? null : { expiresAt: by.claims.expiresAt };
  return (await store.tokens.listByUser(user.id)).find(({ id }) => id === token.id) ?? null;
}
