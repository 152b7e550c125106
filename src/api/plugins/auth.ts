import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { ApiToken, TokenScope } from '../../domain/user/user.ts';
import type { Access, App } from '../app-type.ts';
import { hasScope } from '../caller.ts';
import type { Caller } from '../caller.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { hashApiToken, isApiToken } from '../secrets.ts';
import { csrfTokenOf, hasCsrfToken, hashSession, needsCsrfToken, type SessionCookie } from '../session-cookie.ts';
import { isAccessToken } from '../sign-in/access-tokens.ts';
import type { SignedIn, SignIn } from '../sign-in/sign-in.ts';
import type { Count } from './rate-limit.ts';

/** Where the first access token of a person makes the user. */
export const LOGIN = '/api/auth/login';
const REMEDY = 'Send the header Authorization: Bearer <API token (dbm_...) or access token>.';

/** Pages of the API browser come from a library and are open to all. */
const isDocsPage = (url: string): boolean => url === '/docs' || url.startsWith('/docs/');

type Needs = Pick<ApiDependencies, 'store' | 'clock' | 'log'> & { readonly signInCheck: Pick<SignIn, 'check'>; readonly sessionCookie: SessionCookie };

/** API tokens, access tokens and session cookies, and for every route the check that it says who may use it. */
export function registerAuth(app: App, { store, clock, log, signInCheck, sessionCookie }: Needs, countFailure: Count): void {
  app.decorateRequest('caller', null);

  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.access === undefined && !isDocsPage(url)) throw new DbmakerError('invalid_configuration', `The route ${String(method)} ${url} does not say who may use it.`);
  });

  app.addHook('onRequest', async (request) => {
    const access: Access = request.is404 || isDocsPage(request.routeOptions.url ?? '') ? 'public' : (request.routeOptions.config.access ?? 'admin');
    if (access === 'public' || (access === 'monitor' && request.headers.authorization === undefined && isDirectAndLocal(request))) return;
    try {
      request.caller = await authenticate(request);
    } catch (error) {
      if (isDbmakerError(error, 'unauthenticated') || isDbmakerError(error, 'token_expired')) await countFailure(request);
      throw error;
    }
    const { user } = request.caller;
    if (user.disabled) throw new DbmakerError('account_disabled', 'This account is disabled.', { remedy: 'Ask an admin of DbMaker.' });
    store.users.seen(user).catch((error: unknown) => { log.warn({ err: error, user: user.username }, 'could not note that somebody was here'); });
    authorize(request.caller, access === 'monitor' ? 'admin' : access);
  });

  async function authenticate(request: FastifyRequest): Promise<Caller> {
    const { authorization } = request.headers;
    const cookie = sessionCookie.of(request);
    if (authorization === undefined && cookie !== undefined) return bySession(request, cookie);
    const bearer = bearerOf(authorization);
    if (!isApiToken(bearer)) return byAccessToken(await signInCheck.check(bearer, { begin: request.routeOptions.url === LOGIN }));
    const { user, token } = await stored(hashApiToken(bearer));
    return { user, token, by: { kind: 'api-token' }, isAdmin: user.role === 'admin' && hasScope(token.scopes, 'admin') };
  }

  async function bySession(request: FastifyRequest, secret: string): Promise<Caller> {
    const { user, token } = await stored(hashSession(secret));
    if (needsCsrfToken(request) && !hasCsrfToken(request, secret)) {
      throw new DbmakerError('forbidden', 'The session cookie alone may not do this.', { remedy: 'Send the header X-CSRF-Token with the csrfToken of the login (or of GET /api/users/profile), or an Authorization header.' });
    }
    return { user, token, by: { kind: 'session', csrfToken: csrfTokenOf(secret) }, isAdmin: user.role === 'admin' && hasScope(token.scopes, 'admin') };
  }

  async function stored(hash: string): Promise<Pick<Caller, 'user' | 'token'>> {
    const found = await store.tokens.findByHash(hash);
    if (found === null) throw new DbmakerError('unauthenticated', 'This token is not known. It may have been revoked.');
    const { token } = found;
    if (token.expiresAt !== null && token.expiresAt <= clock.now()) {
      throw new DbmakerError('token_expired', 'This token has expired.', { remedy: 'Make a new one with POST /api/tokens, or ask an admin for one.' });
    }
    // Only a note of when it was last used: a failure to write it must not refuse the request (e.g. reading while the disk is full).
    store.tokens.touch(token.id).catch((error: unknown) => { log.warn({ err: error, tokenId: token.id }, 'could not note the use of a token'); });
    return found;
  }
}

/** What an access token may do: all that its person may. */
function byAccessToken({ user, claims, id, isAdmin: tokenIsAdmins }: SignedIn): Caller {
  const isAdmin = user.role === 'admin' && tokenIsAdmins;
  const scopes: TokenScope[] = isAdmin ? ['read', 'write', 'admin'] : ['read', 'write'];
  const token: ApiToken = { id, userId: user.id, name: 'sign-in', scopes, createdAt: claims.issuedAt, expiresAt: claims.expiresAt, lastUsedAt: null, beganWith: null };
  return { user, token, by: { kind: 'access-token', claims }, isAdmin };
}

/** @throws unauthenticated */
function bearerOf(header: string | undefined): string {
  if (header === undefined) throw new DbmakerError('unauthenticated', 'This needs a token.', { remedy: REMEDY });
  const bearer = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (bearer === undefined || !(isApiToken(bearer) || isAccessToken(bearer))) throw new DbmakerError('unauthenticated', 'The Authorization header holds no token of DbMaker.', { remedy: REMEDY });
  return bearer;
}

/** @throws forbidden */
function authorize(caller: Caller, needed: 'read' | 'write' | 'admin'): void {
  if (needed === 'admin' && caller.user.role !== 'admin') throw new DbmakerError('forbidden', 'Only admins may do this.');
  if (!hasScope(caller.token.scopes, needed)) {
    throw new DbmakerError('forbidden', `This token may not do this: it needs the scope ${needed}.`, { remedy: `Use a token with the scope ${needed}.` });
  }
}

/** From this machine itself, and not passed on by a proxy that runs on it. */
function isDirectAndLocal(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const local = address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
  return local && request.headers['x-forwarded-for'] === undefined && request.headers['forwarded'] === undefined && request.headers['via'] === undefined;
}
