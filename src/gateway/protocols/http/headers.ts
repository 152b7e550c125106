import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { DbmakerError } from '../../../domain/errors.ts';
import type { Session } from '../../session.ts';

/** Between two neighbours, not end to end (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
/** Whom a message is for and where it ends. Whoever could have these left out by naming them in Connection could send one request within another. */
const ALWAYS_PASSED_ON = ['host', 'content-length'];
/** What we say of the client; a client does not say it. With `_` too: CGI and WSGI make one of both. */
const OURS = /^(?:host|forwarded|x[-_]real[-_]ip|x[-_]forwarded[-_].*)$/;

/**
 * Cookies know no ports: a browser that is signed in to the API sends its session to everything on the same host. It is nobody's business but the
 * API's, or the issuer's (src/domain/cookie-name.ts).
 */
const withoutOurs = (cookies: string): string => cookies.split(';').filter((cookie) => !/^\s*(?:__Host-|__Secure-)?dbmaker_(?:session|oidc)\w*(?:\.sig)?\s*=/i.test(cookie)).join(';').trim();

/** The end-to-end headers of a message, spelt and ordered as they were, without those that `dropped` tells (a name in lower case). */
export function passedOn(message: IncomingMessage, dropped: (name: string) => boolean = () => false): OutgoingHttpHeaders {
  const neighbours = new Set((message.headersDistinct.connection ?? []).join(',').toLowerCase().split(',').map((name) => name.trim()));
  for (const name of ALWAYS_PASSED_ON) neighbours.delete(name);
  for (const name of HOP_BY_HOP) neighbours.add(name);
  const headers = new Map<string, { spelt: string; values: string[] }>();
  const { rawHeaders } = message;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [spelt = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
    const name = spelt.toLowerCase();
    const kept = name === 'cookie' ? withoutOurs(value) : value;
    if (kept === '' && value !== '') continue;
    if (neighbours.has(name) || dropped(name)) continue;
    const known = headers.get(name);
    if (known === undefined) headers.set(name, { spelt, values: [kept] });
    else known.values.push(kept);
  }
  return Object.fromEntries([...headers.values()].map(({ spelt, values }) => [spelt, values.length === 1 ? values[0] : values]));
}

/**
 * What the instance is sent as the head of the request.
 * @param host for the Host header
 * @throws DbmakerError unsupported: a body in a coding that we do not undo
 */
export function requestHeaders(session: Session, request: IncomingMessage, host: string): OutgoingHttpHeaders {
  return {
    Host: host,
    ...passedOn(request, (name) => OURS.test(name)),
    'X-Forwarded-For': session.source,
    'X-Forwarded-Proto': session.tls ? 'https' : 'http',
    'X-Forwarded-Host': host,
    ...framing(request),
  };
}

/** A body whose length was not said: for some methods Node would send it bare, and its bytes would be the next request. */
function framing(request: IncomingMessage): OutgoingHttpHeaders {
  const codings = request.headers['transfer-encoding'];
  if (codings === undefined) return {};
  if (codings.trim().toLowerCase() !== 'chunked') throw new DbmakerError('unsupported', 'Of transfer codings this server knows only chunked.');
  return { 'Transfer-Encoding': 'chunked' };
}

/** Whether a body follows the head, by its headers. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || (request.headers['content-length'] ?? '0') !== '0';
}
