import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { asDbmakerError, DbmakerError } from '../../../domain/errors.ts';
import type { InstanceRoute } from '../../../domain/instance/route.ts';
import type { Session } from '../../session.ts';
import { forward } from './forward.ts';
import { refusalBytes, refuse } from './refusal.ts';
import { isUpgrade, responseOn, upgrade } from './upgrade.ts';
import type { Visitor } from './visitor.ts';

/** So many requests may wait on one connection for those before them, of so many bytes and headers. Nobody but a stranger who fills our memory sends more. */
const MAX_UNANSWERED = 16;
const MAX_WAITING_BYTES = 64 * 1024;
/** What a header costs beside its characters. */
const HEADER_BYTES = 100;

/**
 * HTTP for templates that say `"protocol": "http"`. Each request is routed by itself: a browser or a proxy in front of us may use one connection
 * for several hosts. Node's parser reads it, so that what is passed on is one well-formed request.
 */
export class HttpProxy {
  readonly #server: Server;
  readonly #visitors = new WeakMap<object, Visitor>();
  readonly #headersTimeoutMs: number;
  #draining = false;

  /** @param headersTimeoutMs within which the head of each request has to come */
  constructor(headersTimeoutMs: number) {
    this.#headersTimeoutMs = headersTimeoutMs;
    // Never listens: it is given connections. Bodies and answers may take as long as they take.
    this.#server = createServer({
      headersTimeout: headersTimeoutMs, connectionsCheckingInterval: Math.ceil(Math.min(headersTimeoutMs / 4, 1000)), requestTimeout: 0, keepAliveTimeout: 60_000,
      maxHeaderSize: 32 * 1024, requireHostHeader: false /* we say so in words */,
      shouldUpgradeCallback: (request) => {
        const visitor = this.#visitors.get(request.socket);
        return visitor !== undefined && isUpgrade(visitor, request);
      },
    });
    this.#server.emit('listening'); // what Node begins to look for late requests at
    this.#server.on('request', (request, response) => this.#request(request, response));
    this.#server.on('checkContinue', (request, response) => this.#request(request, response)); // the instance tells whether to go on
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#server.on('connect', (request, socket) => this.#connect(request, socket as Socket));
    this.#server.on('clientError', (error, socket) => this.#misunderstood(error, socket as Socket));
  }

  /** Takes over a connection that begins with a request, inside TLS or not. */
  serve(session: Session, fixed: InstanceRoute | null): void {
    session.protocol = 'http';
    const { socket } = session.wire;
    const visitor: Visitor = { session, fixed, begun: false, unanswered: 0, waitingBytes: 0, turn: Promise.resolve(), draining: () => this.#draining };
    this.#visitors.set(socket, visitor);
    session.signal.addEventListener('abort', () => this.#late(visitor), { once: true });
    const ahead = session.wire.takeAll();
    if (ahead.length > 0 && !socket.readableEnded) socket.unshift(ahead);
    this.#server.emit('connection', socket);
  }

  /** On the port of one instance, plain or with TLS. Never rejects. */
  async serveFixed(session: Session, route: InstanceRoute): Promise<void> {
    try {
      await session.secureIfAsked((offered) => offered.find((name) => name === 'http/1.1'));
      this.serve(session, route);
    } catch (error) {
      session.failed(asDbmakerError(error));
      session.wire.socket.destroy();
    }
  }

  /** Ends the connections that wait for a next request; all others end with the answer that they wait for. */
  drain(): void {
    this.#draining = true;
    this.#server.closeIdleConnections();
  }

  close(): void {
    this.drain();
    this.#server.close(); // ends that look
    this.#server.closeAllConnections();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const visitor = this.#begun(request.socket);
    if (visitor === null || visitor.unanswered >= MAX_UNANSWERED) return void request.socket.destroy();
    const cost = visitor.unanswered === 0 ? 0 : costOf(request);
    if (visitor.waitingBytes + cost > MAX_WAITING_BYTES) return void request.socket.destroy();
    visitor.waitingBytes += cost;
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false; // Node loses what comes right behind an upgrade that it does not make
    visitor.unanswered += 1;
    visitor.turn = visitor.turn.then(() => forward(visitor, request, response)).then(() => {
      visitor.unanswered -= 1;
      visitor.waitingBytes -= cost;
      if (this.#draining) this.#server.closeIdleConnections();
    });
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const visitor = this.#begun(socket);
    if (visitor === null) return void socket.destroy();
    void upgrade(visitor, request, socket, head);
  }

  #connect(request: IncomingMessage, socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const visitor = this.#begun(socket);
    if (visitor === null || visitor.unanswered > 0) return void socket.destroy();
    refuse(visitor.session, responseOn(visitor.session, request, socket), new DbmakerError('method_not_allowed', 'CONNECT is not possible here: this server leads to its own services only.'), null);
  }

  /** @returns null: it has been refused already */
  #begun(socket: Socket): Visitor | null {
    const visitor = this.#visitors.get(socket);
    if (visitor === undefined || visitor.session.signal.aborted) return null;
    visitor.begun = true;
    visitor.session.stopDeadline(); // from the second request on it is Node that looks
    return visitor;
  }

  /** The time since the client connected is over. */
  #late({ session, begun }: Visitor): void {
    if (begun || (session.signal.reason as DbmakerError).code !== 'handshake_timeout') return; // served, or gone
    this.#farewell(session, this.#timeout());
  }

  /** What came is no request, or no request came in time. */
  #misunderstood(error: NodeJS.ErrnoException, socket: Socket): void {
    const visitor = this.#visitors.get(socket);
    if (socket.writableEnded) return; // has had its last words
    if (visitor === undefined || !socket.writable || error.code === 'ECONNRESET' || visitor.unanswered > 0) return void socket.destroy(); // words would be taken for the answer before
    switch (error.code) {
      case 'ERR_HTTP_REQUEST_TIMEOUT': return this.#farewell(visitor.session, this.#timeout());
      case 'HPE_HEADER_OVERFLOW': return this.#farewell(visitor.session, new DbmakerError('payload_too_large', 'The head of the request is too large.'));
      default: return this.#farewell(visitor.session, new DbmakerError('invalid_request', 'This is not a well-formed HTTP request.'));
    }
  }

  #farewell(session: Session, error: DbmakerError): void {
    session.failed(error);
    session.farewell(refusalBytes(error));
  }

  #timeout(): DbmakerError {
    return new DbmakerError('handshake_timeout', `No complete request came within ${String(this.#headersTimeoutMs / 1000)} seconds.`);
  }
}

const costOf = ({ url = '', rawHeaders }: IncomingMessage): number => rawHeaders.reduce((sum, text) => sum + text.length + HEADER_BYTES / 2, url.length);
