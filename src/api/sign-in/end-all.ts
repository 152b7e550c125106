import type { ApiContext } from '../app-type.ts';
import { beganWith } from './sessions.ts';

/**
 * Ends everything that somebody is signed in with but API tokens: sessions of browsers, and at the embedded issuer its sessions, refresh tokens and
 * access tokens.
 * @param keep id of a sign-in that goes on (`SignedIn.id`, or a token's)
 */
export async function endSignInsOf({ store, signIn, signInCheck }: Pick<ApiContext, 'store' | 'signIn' | 'signInCheck'>, userId: string, keep: string | null): Promise<void> {
  if (signIn.kind === 'embedded') {
    const ended = await signIn.issuer.endSessionsOf(userId, (uid) => signInCheck.idOf(uid) === keep);
    for (const uid of ended) await signInCheck.endSid(uid);
  }
  for (const token of await store.tokens.listByUser(userId)) {
    const began = beganWith(token);
    if (began !== null && began !== keep) await store.tokens.delete(userId, token.id);
  }
}
