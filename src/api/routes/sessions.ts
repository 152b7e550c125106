import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { callerOf } from '../caller.ts';
import { LOGIN } from '../plugins/auth.ts';
import { time, userView } from '../present.ts';
import { problemResponse, ref } from '../schemas/common.ts';
import { LoggedIn } from '../schemas/user.ts';
import { csrfTokenOf } from '../session-cookie.ts';
import { beginSession } from '../sign-in/sessions.ts';

const tags = ['sign-in'];

/** Begin and end: with the access token of an issuer, or an API token. */
export function registerSessionRoutes(app: App, context: ApiContext): void {
  const { store, signIn, signInCheck, openAnswers, sessionCookie } = context;

  app.post(LOGIN, {
    config: { access: 'read', audit: { action: 'session.begin' } },
    schema: {
      tags, summary: 'Sign in: makes the user or brings them up to date, and sets a session cookie',
      description: 'With an access token of the issuer (see GET /api/sign-in) or an API token in the Authorization header. The cookie (HttpOnly) is for what can send no header, such as '
        + 'EventSource; it can do no more than the token, ends with it (at the latest after twelve hours), and changes something only together with the header `X-CSRF-Token`. '
        + 'Called again with a newer token while the cookie is there, the same session goes on.',
      response: { 200: ref(LoggedIn), ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const { user } = caller;
    if (caller.by.kind === 'session') throw new DbmakerError('unauthenticated', 'A session cannot begin another one.', { remedy: 'Send a token in the Authorization header.' });
    const session = await beginSession(context, caller, sessionCookie.of(request));
    noteAudit(request, { subject: session.id, ownerId: user.id });
    sessionCookie.set(request, reply, session.secret, session.expiresAt);
    return { ...userView(user), csrfToken: csrfTokenOf(session.secret), expiresAt: time(session.expiresAt) };
  });

  app.post('/api/auth/logout', {
    config: { access: 'read', audit: { action: 'session.end' } },
    schema: {
      tags, summary: 'Sign out: ends the session',
      description: 'With an access token: also that token and the sessions begun with it, and at the embedded issuer the whole sign-in (refresh tokens, tokens of other tabs). '
        + 'With an API token: the sessions begun with it; the token itself stays.',
      response: { 204: Type.Null(), ...problemResponse },
    },
  }, async (request, reply) => {
    const { user, token, by } = callerOf(request);
    if (by.kind === 'access-token') {
      await signInCheck.end(by.claims); // first, so that no session is begun with it any more
      if (signIn.kind === 'embedded' && by.claims.sid !== null) await signIn.issuer.endSession(by.claims.sid);
    }
    if (by.kind === 'session') await store.tokens.delete(user.id, token.id);
    else await store.signIn.sessions.endOf(user.id, token.id);
    openAnswers.lookAgain(user.id);
    sessionCookie.clear(request, reply);
    return reply.code(204).send(null);
  });
}
