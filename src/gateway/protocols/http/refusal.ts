import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { asDbmakerError, type DbmakerError, type ErrorCode } from '../../../domain/errors.ts';
import type { Session } from '../../session.ts';
import { gone } from '../../wire.ts';

const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
  invalid_request: 400, unsupported: 400, address_not_allowed: 403, not_found: 404, method_not_allowed: 405, handshake_timeout: 408, payload_too_large: 431, tls_required: 426,
  rate_limited: 429, endpoint_unreachable: 502, not_running: 503,
};
/** A refused client gets so long to send the rest of its request: closing on it while it sends would take our words from it. */
const FAREWELL_MS = 3000;

interface Words {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Answers a request with why it is not served, and ends the connection.
 * @param unread the request, where the server still reads its body; null: nothing more of it is read
 */
export function refuse(session: Session, response: ServerResponse, thrown: unknown, unread: IncomingMessage | null): void {
  // When the client leaves we end the connection to the instance, which then looks as if it had failed.
  const error = session.wire.socket.destroyed ? gone() : asDbmakerError(thrown, 'internal', 'Something unexpected went wrong inside DbMaker.');
  session.failed(error);
  if (response.headersSent || response.destroyed) return void response.destroy(); // half an answer must not look like a whole one
  const { status, headers, body } = wordsFor(error);
  response.writeHead(status, STATUS_CODES[status], headers);
  if (unread === null || unread.complete || unread.destroyed) return void response.end(body);
  response.flushHeaders(); // to HEAD nothing is written
  response.write(body);
  const cancel = session.shared.ports.clock.after(FAREWELL_MS, () => response.end());
  unread.unpipe();
  unread.on('error', () => undefined); // it has left: the response is closed with it
  unread.once('close', cancel).once('end', () => response.end()).resume();
}

/** The same as bytes, for a connection on which nothing was understood. */
export function refusalBytes(error: DbmakerError): Buffer {
  const { status, headers, body } = wordsFor(error);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`), body]);
}

function wordsFor(error: DbmakerError): Words {
  const status = STATUS[error.code] ?? 503;
  const remedy = error.code === 'tls_required' ? 'Use https:// instead of http://.' : error.remedy;
  const body = Buffer.from(`${error.userText}${remedy === undefined ? '' : `\n${remedy}`}\n`);
  const needed: OutgoingHttpHeaders = { 426: { Upgrade: 'TLS/1.2, HTTP/1.1' }, 405: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' } }[status] ?? {};
  const connection = status === 426 ? 'close, upgrade' : 'close';
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length, Connection: connection, ...needed }, body };
}
