import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { cookieName, type CookiePlace } from '../domain/cookie-name.ts';
import { hashApiToken } from './secrets.ts';

const CSRF_HEADER = 'x-csrf-token';

/**
 * Whether a request needs more than the cookie: what changes something, and what shows secrets. A browser sends cookies also with what a foreign
 * page makes it ask. Of what is only read, the browser's own word is enough that a page of ours asks (a link to a download can send no header of
 * ours): pages cannot set Sec-Fetch-Site, and a page at another port of this host is `same-site`, not `same-origin`.
 */
export function needsCsrfToken({ method, headers, routeOptions }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return true;
  return routeOptions.config.access === 'write' && headers['sec-fetch-site'] !== 'same-origin';
}

/** Made of the session's secret, so it need not be kept, and says nothing about it. */
export function csrfTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}

/** Whether the request shows that it comes from a page that may read our answers. */
export function hasCsrfToken({ headers }: FastifyRequest, secret: string): boolean {
  const [given, right] = [Buffer.from(String(headers[CSRF_HEADER] ?? '')), Buffer.from(csrfTokenOf(secret))];
  return given.length === right.length && timingSafeEqual(given, right);
}

/**
 * How a session's secret is hashed: not as that of a token, so that what stands in a cookie is no token for a header. A browser sends cookies to every
 * port of a host, also to databases of others that speak HTTP (the gateway leaves it out there).
 */
export const hashSession = (secret: string): string => hashApiToken(`session ${secret}`);

/** What a browser sends by itself: its EventSource, downloads and reloaded pages have no header. */
export class SessionCookie {
  readonly #name: string;
  readonly #isHttps: boolean;

  constructor(place: CookiePlace) {
    this.#name = cookieName('session', place, '__Host-');
    this.#isHttps = place.isHttps;
  }

  of(request: FastifyRequest): string | undefined {
    return request.cookies[this.#name];
  }

  /** @param expires milliseconds since 1970 */
  set(request: FastifyRequest, reply: FastifyReply, secret: string, expires: number): void {
    void reply.setCookie(this.#name, secret, { ...this.#attributes(request), expires: new Date(expires) });
  }

  clear(request: FastifyRequest, reply: FastifyReply): void {
    void reply.clearCookie(this.#name, this.#attributes(request));
  }

  /** Secure also where this request looks like plain HTTP, as it came from a proxy. */
  #attributes(request: FastifyRequest): { path: string; httpOnly: true; sameSite: 'lax'; secure: boolean } {
    return { path: '/', httpOnly: true, sameSite: 'lax', secure: this.#isHttps || request.protocol === 'https' };
  }
}
