import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashApiToken } from './secrets.ts';

/** Also in src/gateway/protocols/http/headers.ts, which keeps it from databases. */
const NAME = 'dbmaker_session';

/**
 * What a browser's EventSource, which cannot send a header, shows who it is by. It is good for reading only: what changes something takes the
 * header, which no foreign page can make a browser send.
 */
export function sessionOf(request: FastifyRequest): string | undefined {
  return request.headers.authorization === undefined ? request.cookies[NAME] : undefined;
}

/** Whether a request may be authenticated by the cookie. */
export const isForCookie = ({ method, routeOptions }: FastifyRequest): boolean =>
  routeOptions.url === '/api/auth/logout' || ((method === 'GET' || method === 'HEAD') && routeOptions.config.access !== 'write'); // those show secrets

/**
 * How a session's secret is hashed: not as that of a token, so that what stands in a cookie is no token for a header. A browser sends cookies to every
 * port of a host, also to databases of others that speak HTTP (the gateway leaves it out there).
 */
export const hashSession = (secret: string): string => hashApiToken(`session ${secret}`);

/** @param expires milliseconds since 1970 */
export function setSession(request: FastifyRequest, reply: FastifyReply, secret: string, expires: number): void {
  void reply.setCookie(NAME, secret, { ...attributes(request), expires: new Date(expires) });
}

export function clearSession(request: FastifyRequest, reply: FastifyReply): void {
  void reply.clearCookie(NAME, attributes(request));
}

const attributes = (request: FastifyRequest) => ({ path: '/', httpOnly: true, sameSite: 'lax' as const, secure: request.protocol === 'https' });
