import type { IncomingMessage } from 'node:http';
import { DbmakerError } from '../../../domain/errors.ts';

/** What a request asks for. */
export interface RequestTarget {
  /** Of the Host header, with the port if it has one; null: an old client (HTTP/1.0) that sent none. */
  readonly host: string | null;
  /** In origin form (`/path?query`), or `*` of OPTIONS; byte for byte what the client sent. */
  readonly path: string;
}

const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/is;
/** A name or an address, and perhaps a port. Anything else would mean different things to different readers. */
const HOST = /^(?:[\w.~%!$&'()*+;=-]+|\[[\da-f:.]+\])(?::\d*)?$/i;
/** What Node sends as it is. */
const PATH = /^[\u0021-\u00ff]+$/;

/**
 * Whom and what a request is for, if all readers of it would agree on that (RFC 9112, 3.2). Two readings are how a request gets to where it
 * should not.
 * @throws DbmakerError invalid_request
 */
export function readTarget(request: IncomingMessage): RequestTarget {
  const hosts = request.headersDistinct.host ?? [];
  if (hosts.length > 1) throw new DbmakerError('invalid_request', 'The request has more than one Host header.');
  const host = hosts[0] ?? null;
  if (host === null && request.httpVersion !== '1.0') throw new DbmakerError('invalid_request', 'The request has no Host header.');
  if (host !== null && !HOST.test(host)) throw new DbmakerError('invalid_request', 'The Host header of the request is not a host name.');
  return { host, path: pathOf(request, host) };
}

function pathOf(request: IncomingMessage, host: string | null): string {
  const { url: target = '/', method } = request;
  if (!PATH.test(target)) throw new DbmakerError('invalid_request', 'The address of the request has characters that have to be escaped.');
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return target;
  const [, scheme, authority, rest] = ABSOLUTE.exec(target) ?? [];
  if (scheme === undefined || authority === undefined || rest === undefined) throw new DbmakerError('invalid_request', 'The address of the request has to begin with / or http://.');
  const standard = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  if (host !== null && plain(host, standard) !== plain(authority, standard)) throw new DbmakerError('invalid_request', 'The address of the request names another host than its Host header.');
  if (host === null) throw new DbmakerError('invalid_request', 'The request names a host in its address but has no Host header.');
  if (rest === '') return method === 'OPTIONS' ? '*' : '/';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function plain(host: string, standardPort: string): string {
  const lower = host.toLowerCase();
  return lower.endsWith(standardPort) ? lower.slice(0, -standardPort.length) : lower;
}
