import { createServer, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asDbmakerError, DbmakerError, type ErrorCode } from '../../../domain/errors.ts';
import type { InstanceRoute } from '../../../domain/instance/route.ts';
import { guessProtocol } from '../first-bytes.ts';
import { pipe } from '../../pipe/pipe.ts';
import type { Session } from '../../session.ts';

const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
  not_found: 404, invalid_request: 400, tls_required: 426, address_not_allowed: 403, rate_limited: 429, not_running: 503, endpoint_unreachable: 502, unsupported: 400,
};
/** Between two neighbours, not end to end (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

interface Visitor {
  readonly session: Session;
  /** The port or the name in TLS belongs to one instance; null: each request's Host header tells. */
  readonly fixed: InstanceRoute | null;
}

/**
 * HTTP for templates that say `"protocol": "http"`. Each request is routed by itself: a browser or a proxy in front of us may use one connection
 * for several hosts. Node's parser reads it, so that what is passed on is one well-formed request.
 */
export class HttpProxy {
  readonly #server: Server;
  readonly #visitors = new WeakMap<object, Visitor>();

  constructor(headersTimeoutMs: number) {
    // Never listens: it is given connections. Bodies and answers may take as long as they take.
    this.#server = createServer({
      headersTimeout: headersTimeoutMs, connectionsCheckingInterval: Math.min(headersTimeoutMs, 5000), requestTimeout: 0, keepAliveTimeout: 60_000, maxHeaderSize: 32 * 1024,
    });
    this.#server.emit('listening'); // what Node begins to look for late requests at
    this.#server.on('request', (request, response) => void this.#request(request, response));
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** Takes over a connection that begins with a request, inside TLS or not. */
  serve(session: Session, fixed: InstanceRoute | null): void {
    session.protocol = 'http';
    session.stopDeadline(); // the server has its own
    const { socket } = session.wire;
    const ahead = session.wire.takeAll();
    if (ahead.length > 0 && !socket.readableEnded) socket.unshift(ahead);
    this.#visitors.set(socket, { session, fixed });
    this.#server.emit('connection', socket);
  }

  /** On the port of one instance, plain or with TLS. Never rejects. */
  async serveFixed(session: Session, route: InstanceRoute): Promise<void> {
    try {
      while (session.wire.bytes.length === 0) await session.more();
      if (guessProtocol(session.wire.bytes) === 'tls') await session.secure((offered) => offered.find((name) => name === 'http/1.1'));
      this.serve(session, route);
    } catch (error) {
      session.failed(asDbmakerError(error, 'internal', 'Something unexpected went wrong inside DbMaker.'));
      session.wire.socket.destroy();
    }
  }

  close(): void {
    this.#server.close(); // ends that look
    this.#server.closeAllConnections();
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const visitor = this.#visitors.get(request.socket);
    if (visitor === undefined) return void response.destroy();
    try {
      const upstream = await this.#send(visitor, request);
      upstream.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer));
        answer.on('error', () => response.destroy()).pipe(response);
      });
      upstream.on('error', (error) => refuse(visitor, response, new DbmakerError('endpoint_unreachable', 'The service ended the connection before it had answered.', { cause: error })));
      response.on('close', () => upstream.destroy());
      request.pipe(upstream);
    } catch (error) {
      refuse(visitor, response, error);
    }
  }

  /** WebSockets and the like: the request is passed on, then bytes. */
  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const visitor = this.#visitors.get(request.socket);
    socket.on('error', () => socket.destroy());
    if (visitor === undefined) return void socket.destroy();
    try {
      const upstream = await this.#send(visitor, request, { connection: 'upgrade', upgrade: request.headers.upgrade ?? '' });
      upstream.on('upgrade', (answer, instance, first) => {
        socket.write(headOf(answer));
        instance.on('error', () => instance.destroy());
        pipe(request.socket, instance, { fromClient: head, fromInstance: first });
      });
      upstream.on('response', (answer) => {
        socket.write(headOf(answer));
        answer.pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      upstream.end();
    } catch (error) {
      visitor.session.failed(asDbmakerError(error, 'internal', ''));
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    }
  }

  async #send({ session, fixed }: Visitor, request: IncomingMessage, more: OutgoingHttpHeaders = {}): Promise<ReturnType<typeof httpRequest>> {
    const route = fixed ?? byHost(session, request.headers.host);
    const release = session.admit(route);
    let instance: Socket;
    try {
      instance = await session.open(route);
    } catch (error) {
      release();
      throw error;
    }
    session.stopDeadline();
    const counted = { get bytesIn() { return instance.bytesWritten; }, get bytesOut() { return instance.bytesRead; } };
    const ended = session.established(route, fixed === null ? 'host' : 'port', counted);
    instance.once('close', () => {
      release();
      ended();
    });
    return httpRequest({
      createConnection: () => instance,
      method: request.method,
      path: request.url,
      setHost: false,
      headers: { ...passedOn(request), ...forwarded(session, request), ...framing(request), ...more },
    });
  }
}

function byHost(session: Session, host: string | undefined): InstanceRoute {
  const { domain } = session.shared.ports.settings;
  const label = session.labelOf((host ?? '').replace(/:\d+$/, ''));
  if (label === null) throw new DbmakerError('not_found', 'The request does not say which service it is for.', { remedy: `The Host header has to be a name that ends in .${domain}.` });
  const route = session.lookUp(label);
  if (route.protocol !== 'http') throw new DbmakerError('unsupported', `${label} does not speak HTTP.`);
  return route;
}

function passedOn(message: IncomingMessage): OutgoingHttpHeaders {
  const named = (message.headers.connection ?? '').toLowerCase().split(',').map((name) => name.trim());
  const dropped = new Set([...HOP_BY_HOP, ...named]);
  return Object.fromEntries(Object.entries(message.headersDistinct).filter(([name]) => !dropped.has(name)));
}

/** A body whose length was not said: for some methods Node would send it bare, and its bytes would be the next request. */
function framing(request: IncomingMessage): OutgoingHttpHeaders {
  return request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };
}

function forwarded(session: Session, request: IncomingMessage): OutgoingHttpHeaders {
  return { 'x-forwarded-for': session.source, 'x-forwarded-proto': session.tls ? 'https' : 'http', 'x-forwarded-host': request.headers.host ?? '' };
}

function headOf(answer: IncomingMessage): string {
  const lines = answer.rawHeaders.flatMap((text, index) => (index % 2 === 0 ? [`${text}: ${answer.rawHeaders[index + 1] ?? ''}`] : []));
  return `HTTP/1.1 ${String(answer.statusCode)} ${answer.statusMessage ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function refuse({ session }: Visitor, response: ServerResponse, thrown: unknown): void {
  const error = asDbmakerError(thrown, 'internal', 'Something unexpected went wrong inside DbMaker.');
  session.failed(error);
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(STATUS[error.code] ?? 503, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${error.userText}${error.remedy === undefined ? '' : `\n${error.remedy}`}\n`);
}
