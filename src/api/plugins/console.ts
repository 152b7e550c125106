import serveStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { App } from '../app-type.ts';

/** What is not the console's: there an unknown address is a problem in JSON. */
const NOT_PAGES = /^\/(api|events|oidc|docs|health|metrics|openapi\.json)(\/|$)/;
/** Where the issuer sends browsers back to; MSAL opens it in a hidden frame of our own. */
const BRIDGE = '/auth/redirect';
const HASHED = /-[\w-]{8}\.(js|css)$/;
const FOR_GOOD = 'public, max-age=31536000, immutable';
/** In index.html as it was built. */
const NONCE_PLACE = /CSP_NONCE/g;

export interface ConsoleOptions {
  /** Where the built console lies. */
  readonly directory: string;
  /** Of another issuer, which the browser asks for tokens: `https://login.microsoftonline.com`. */
  readonly issuerOrigins: () => Promise<readonly string[]>;
}

/** The console: its files as they are, and its page for every address that a person may have opened. */
export async function registerConsole(app: App, { directory, issuerOrigins }: ConsoleOptions): Promise<void> {
  await app.register(serveStatic, {
    root: directory, serve: false, preCompressed: true, cacheControl: false,
    // Not before it is found: that there is nothing (yet, while a newer console is brought out) must not be kept for good.
    setHeaders: (reply, file) => { void reply.header('cache-control', HASHED.test(file.replace(/\.(br|gz)$/, '')) ? FOR_GOOD : 'no-cache'); },
  });
  app.get('/*', { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
    const address = request.url.split('?', 1)[0] ?? '/';
    if (NOT_PAGES.test(address)) return reply.callNotFound();
    if (isPage(address, request)) return page(address, reply);
    return reply.sendFile(address.slice(1));
  });

  /** The nonce is for Angular's styles, which it adds as it shows components: without it they would need 'unsafe-inline'. */
  async function page(address: string, reply: FastifyReply): Promise<FastifyReply> {
    const nonce = randomBytes(16).toString('base64url');
    const html = await readFile(path.join(directory, 'index.html'), 'utf8');
    return reply
      .header('content-security-policy', policy(nonce, address === BRIDGE, await issuerOrigins()))
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(html.replace(NONCE_PLACE, nonce));
  }
}

function isPage(address: string, { headers }: FastifyRequest): boolean {
  if (address === '/') return true;
  return !path.posix.basename(address).includes('.') && headers.accept?.includes('text/html') === true;
}

function policy(nonce: string, isBridge: boolean, issuerOrigins: readonly string[]): string {
  const issuer = issuerOrigins.map((origin) => ` ${origin}`).join('');
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    `connect-src 'self'${issuer}`,
    `frame-src 'self'${issuer}`,
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${isBridge ? "'self'" : "'none'"}`,
  ].join('; ');
}
