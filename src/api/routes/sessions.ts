import { Type } from 'typebox';
import type { Store } from '../../domain/ports/store.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { callerOf } from '../caller.ts';
import { problemResponse } from '../schemas/common.ts';
import { newApiToken, randomId } from '../secrets.ts';
import { clearSession, hashSession, setSession } from '../session-cookie.ts';

const tags = ['sign-in'];
/** How such a token is called in the list of tokens, where it can be revoked. */
const SESSION = 'browser session';
/** Of one person: browsers, and some that were never ended. */
const MAX_SESSIONS = 10;

/** By the token that began it: with that it ends. */
const nameOf = (tokenId: string): string => `${SESSION} of ${tokenId}`;

/** Ends what was begun with a token that is gone. */
export async function endSessionsOf(store: Store, userId: string, tokenId: string): Promise<void> {
  for (const { id, name } of await store.tokens.listByUser(userId)) if (name === nameOf(tokenId)) await store.tokens.delete(userId, id);
}
const SESSION_MS = 12 * 3_600_000;

/** A cookie for browsers, whose EventSource can send no header. */
export function registerSessionRoutes(app: App, { store, clock }: ApiContext): void {
  app.post('/api/auth/login', {
    config: { access: 'read', audit: { action: 'session.begin' } },
    schema: {
      tags, summary: 'Begin a session: sets a cookie that is good for reading, for twelve hours or as long as the token',
      description: 'For browsers: EventSource sends the cookie by itself. It can do no more than the token, and nothing that changes something.',
      response: { 204: Type.Null(), ...problemResponse },
    },
  }, async (request, reply) => {
    const { user, token } = callerOf(request);
    const now = clock.now();
    const sessions = (await store.tokens.listByUser(user.id)).filter(({ name }) => name.startsWith(SESSION)).sort((a, b) => b.createdAt - a.createdAt);
    for (const [index, old] of sessions.entries()) if (index >= MAX_SESSIONS - 1 || (old.expiresAt ?? Infinity) <= now) await store.tokens.delete(user.id, old.id);
    const expiresAt = Math.min(now + SESSION_MS, token.expiresAt ?? Infinity);
    const { secret } = newApiToken();
    const session = await store.tokens.create({ id: randomId(), userId: user.id, name: nameOf(token.id), scopes: token.scopes, expiresAt }, hashSession(secret));
    noteAudit(request, { subject: session.id, ownerId: user.id });
    setSession(request, reply, secret, expiresAt);
    return reply.code(204).send(null);
  });

  app.post('/api/auth/logout', {
    config: { access: 'read', audit: { action: 'session.end' } },
    schema: { tags, summary: 'End the session of the cookie', response: { 204: Type.Null(), ...problemResponse } },
  }, async (request, reply) => {
    const { user, token } = callerOf(request);
    if (token.name.startsWith(SESSION)) await store.tokens.delete(user.id, token.id);
    clearSession(request, reply);
    return reply.code(204).send(null);
  });
}
