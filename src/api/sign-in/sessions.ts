import type { Store } from '../../domain/ports/store.ts';
import type { ApiToken, User } from '../../domain/user/user.ts';
import { newApiToken, randomId } from '../secrets.ts';
import { hashSession } from '../session-cookie.ts';

/** How such a token is called in the list of tokens, where it can be revoked. */
const SESSION = 'browser session';
/** Of one person: browsers, and some that were never ended. */
const MAX_SESSIONS = 10;
/** Without a sign of life. */
const SESSION_MS = 12 * 3_600_000;

/** By the token, or the sign-in, that began it or that it was last renewed with: with that it ends. */
const nameOf = (tokenId: string): string => `${SESSION} of ${tokenId}`;

const isSession = ({ name }: Pick<ApiToken, 'name'>): boolean => name.startsWith(SESSION);

/** Id of the token or sign-in that a session began with; null: it is no session. */
export const beganWith = (token: Pick<ApiToken, 'name'>): string | null => (isSession(token) ? token.name.slice(nameOf('').length) : null);

export interface Session {
  readonly id: string;
  /** For the cookie. */
  readonly secret: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Begins a session that can do no more than `token` and ends with it, at the latest after twelve hours. The one of the cookie that came along, if it
 * is this person's, goes on instead: pages that use it notice nothing.
 * @param cookie the secret that the browser sent
 */
export async function beginSession(store: Store, { user, token, cookie, now }: { user: User; token: ApiToken; cookie: string | undefined; now: number }): Promise<Session> {
  const expiresAt = Math.min(now + SESSION_MS, token.expiresAt ?? Infinity);
  const next = { name: nameOf(token.id), scopes: token.scopes, expiresAt };
  const known = cookie === undefined ? null : await store.tokens.findByHash(hashSession(cookie));
  const goesOn = known !== null && known.user.id === user.id && isSession(known.token) && (known.token.expiresAt ?? 0) > now;
  if (cookie !== undefined && goesOn && (await store.tokens.renew(known.token.id, next))) return { id: known.token.id, secret: cookie, expiresAt };
  const sessions = (await store.tokens.listByUser(user.id)).filter(isSession).sort((a, b) => b.createdAt - a.createdAt);
  for (const [index, old] of sessions.entries()) if (index >= MAX_SESSIONS - 1 || (old.expiresAt ?? Infinity) <= now) await store.tokens.delete(user.id, old.id);
  const { secret } = newApiToken();
  const { id } = await store.tokens.create({ id: randomId(), userId: user.id, ...next }, hashSession(secret));
  return { id, secret, expiresAt };
}

/** Ends what was begun with a token (or sign-in) that is gone. */
export async function endSessionsOf(store: Store, userId: string, tokenId: string): Promise<void> {
  for (const { id, name } of await store.tokens.listByUser(userId)) if (name === nameOf(tokenId)) await store.tokens.delete(userId, id);
}
