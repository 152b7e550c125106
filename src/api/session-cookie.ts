import type { FastifyReply, FastifyRequest } from 'fastify';

const NAME = 'dbmaker_session';

/**
 * What a browser's EventSource, which cannot send a header, shows who it is by. It is good for reading only: what changes something takes the
 * header, which no foreign page can make a browser send.
 */
export function sessionOf(request: FastifyRequest): string | undefined {
  return request.headers.authorization === undefined ? request.cookies[NAME] : undefined;
}

/** Whether a request may be authenticated by the cookie. */
export const isForCookie = ({ method, routeOptions }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD' || routeOptions.url === '/api/auth/logout';

/** @param expires milliseconds since 1970 */
export function setSession(request: FastifyRequest, reply: FastifyReply, secret: string, expires: number): void {
  void reply.setCookie(NAME, secret, { ...attributes(request), expires: new Date(expires) });
}

export function clearSession(request: FastifyRequest, reply: FastifyReply): void {
  void reply.clearCookie(NAME, attributes(request));
}

const attributes = (request: FastifyRequest) => ({ path: '/', httpOnly: true, sameSite: 'lax' as const, secure: request.protocol === 'https' });
