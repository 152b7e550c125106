import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Access, App } from '../app-type.ts';
import { hasScope } from '../caller.ts';
import type { Caller } from '../caller.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { hashApiToken } from '../secrets.ts';
import { hashSession, isForCookie, sessionOf } from '../session-cookie.ts';
import type { CountFailedLogin } from './rate-limit.ts';

/** Pages of the API browser come from a library and are open to all. */
const isDocsPage = (url: string): boolean => url === '/docs' || url.startsWith('/docs/');

/** Bearer tokens, and for every route the check that it says who may use it. */
export function registerAuth(app: App, { store, clock, log }: ApiDependencies, countFailure: CountFailedLogin): void {
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
    authorize(request.caller, access === 'monitor' ? 'admin' : access);
  });

  async function authenticate(request: FastifyRequest): Promise<Caller> {
    const session = isForCookie(request) ? sessionOf(request) : undefined;
    const found = await store.tokens.findByHash(session === undefined ? hashApiToken(bearerToken(request.headers.authorization)) : hashSession(session));
    if (found === null) throw new DbmakerError('unauthenticated', 'This token is not known. It may have been revoked.');
    const { token, user } = found;
    if (token.expiresAt !== null && token.expiresAt <= clock.now()) {
      throw new DbmakerError('token_expired', 'This token has expired.', { remedy: 'Make a new one with POST /api/tokens, or ask an admin for one.' });
    }
    // Only a note of when it was last used: a failure to write it must not refuse the request (e.g. reading while the disk is full).
    store.tokens.touch(token.id).catch((error: unknown) => { log.warn({ err: error, tokenId: token.id }, 'could not note the use of a token'); });
    return { user, token, isAdmin: user.role === 'admin' && hasScope(token.scopes, 'admin') };
  }
}

/** @throws unauthenticated */
function bearerToken(header: string | undefined): string {
  const remedy = 'Send the header Authorization: Bearer dbm_...';
  if (header === undefined) throw new DbmakerError('unauthenticated', 'This needs a token.', { remedy });
  const secret = /^Bearer +(dbm_[A-Za-z0-9_-]{43})$/i.exec(header)?.[1];
  if (secret === undefined) throw new DbmakerError('unauthenticated', 'The Authorization header holds no DbMaker token.', { remedy });
  return secret;
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
