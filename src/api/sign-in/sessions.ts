import type { Clock } from '../../domain/ports/clock.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { Began } from '../../domain/ports/sign-in-store.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { Caller } from '../caller.ts';
import { newApiToken, randomId } from '../secrets.ts';
import { hashSession } from '../session-cookie.ts';
import type { SignIn } from './sign-in.ts';

/** Of one person: browsers, and some that were never ended. */
const MAX_SESSIONS = 10;
/** Without a sign of life. */
const SESSION_MS = 12 * 3_600_000;

export interface Session {
  readonly id: string;
  /** For the cookie. */
  readonly secret: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What somebody has shown, for the store to look at once more in the transaction that makes something of it. */
export function beganOf(signInCheck: Pick<SignIn, 'began'>, { by }: Caller): Began {
  return by.kind === 'access-token' ? { kind: 'sign-in', ...signInCheck.began(by.claims) } : { kind: 'token' };
}

/**
 * Begins a session that can do no more than what the caller shows and ends with it, at the latest after twelve hours. The one of the cookie that came along, if it
 * is this person's, goes on instead: pages that use it notice nothing.
 * @param cookie the secret that the browser sent
 * @throws unauthenticated when what they show was ended while they asked
 */
export async function beginSession({ store, signInCheck, clock }: { store: Store; signInCheck: SignIn; clock: Clock }, caller: Caller, cookie: string | undefined): Promise<Session> {
  const { user, token } = caller;
  const expiresAt = Math.min(clock.now() + SESSION_MS, token.expiresAt ?? Infinity);
  const { secret } = newApiToken();
  const begun = await store.signIn.sessions.begin(
    { id: randomId(), userId: user.id, scopes: token.scopes, expiresAt, beganWith: token.id, secretHash: hashSession(secret) },
    beganOf(signInCheck, caller),
    { most: MAX_SESSIONS, goesOn: cookie === undefined ? null : hashSession(cookie) },
  );
  if (begun === null) throw new DbmakerError('unauthenticated', 'This sign-in was ended.', { remedy: 'Sign in again.' });
  return { id: begun.id, secret: begun.goesOn && cookie !== undefined ? cookie : secret, expiresAt };
}
