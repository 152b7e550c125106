import type { ApiContext } from '../app-type.ts';

/**
 * Ends everything that somebody is signed in with but API tokens: sessions of browsers, access tokens, and at the embedded issuer its sessions and
 * refresh tokens. What has begun before and comes later is not believed.
 * @param options `keep`: id of a sign-in that goes on (`SignedIn.id`, or a token's); `tokens`: API tokens end, too
 */
export async function endSignInsOf(
  { store, signIn, signInCheck, openAnswers }: Pick<ApiContext, 'store' | 'signIn' | 'signInCheck' | 'openAnswers'>, userId: string, { keep = null, tokens = false }: { keep?: string | null; tokens?: boolean } = {},
): Promise<void> {
  await store.signIn.sessions.endAll(userId, { keep, tokens });
  if (signIn.kind === 'embedded') {
    const ended = await signIn.issuer.endSessionsOf(userId, (uid) => signInCheck.idOf(uid) === keep);
    for (const uid of ended) await signInCheck.endSid(uid);
  }
  openAnswers.lookAgain(userId);
}
