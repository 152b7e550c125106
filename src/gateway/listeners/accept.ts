import type { Socket } from 'node:net';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import { addressSet, plainAddress } from '../limits/source-address.ts';
import { readProxyHeader } from '../protocols/proxy-protocol/read.ts';
import { Session, type Shared } from '../session.ts';
import { Wire } from '../wire.ts';

/** A connection and where it came from. */
interface Arrival {
  readonly wire: Wire;
  readonly source: string;
}

/** How long a connection that is turned away stands before it is closed, and how many may stand so. */
const TURN_AWAY_MS = 1000;
const MAX_TURNED_AWAY = 1000;

/**
 * Makes a session of each accepted socket. From configured peers (load balancers) the connection has to begin with a PROXY header that names
 * the client; whether it does is never guessed, or any client could name itself (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, 5).
 */
export class Acceptor {
  readonly #shared: Shared;
  readonly #proxies: { has(address: string): boolean };
  readonly #sockets = new Set<Socket>();
  #turnedAway = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#proxies = addressSet(shared.ports.settings.proxyProtocolFrom);
  }

  get open(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** `serve` never rejects. */
  accept(socket: Socket, serve: (session: Session) => void | Promise<void>): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return void socket.destroy(); // gone already
    const peer = plainAddress(remoteAddress);
    const wire = new Wire(socket);
    if (!this.#proxies.has(peer)) return this.#begin({ wire, source: peer }, serve);
    void this.#readHeader(wire, peer).then((arrival) => this.#begin(arrival, serve), (error: unknown) => this.#refuse(socket, peer, error));
  }

  #begin({ wire, source }: Arrival, serve: (session: Session) => void | Promise<void>): void {
    let session: Session;
    try {
      session = new Session(this.#shared, wire, source);
    } catch (error) {
      return this.#refuse(wire.socket, source, error);
    }
    void serve(session);
  }

  /** Nothing is said: of a protocol nothing is known yet, and whoever comes too often is not worth an answer. */
  #refuse(socket: Socket, source: string, error: unknown): void {
    const code = isDbmakerError(error) ? error.code : 'internal';
    this.#shared.metrics.failures.inc({ protocol: 'unknown', kind: code });
    this.#shared.ports.log.debug({ err: error, source }, 'a connection was turned away');
    if (socket.closed) return;
    // Not at once: there are clients that come back the moment they are cut, for ever.
    if (this.#turnedAway >= MAX_TURNED_AWAY) return void socket.destroy();
    this.#turnedAway += 1;
    const cancel = this.#shared.ports.clock.after(TURN_AWAY_MS, () => socket.destroy());
    socket.once('close', () => {
      this.#turnedAway -= 1;
      cancel();
    });
  }

  async #readHeader(wire: Wire, peer: string): Promise<Arrival> {
    const { clock, settings } = this.#shared.ports;
    const late = new AbortController();
    const cancel = clock.after(settings.handshakeMs, () => late.abort(new DbmakerError('handshake_timeout', 'No PROXY header came.')));
    try {
      for (;;) {
        const header = readProxyHeader(wire.bytes);
        switch (header.kind) {
          case 'incomplete':
            await wire.more(late.signal);
            break;
          case 'proxied':
            wire.take(header.size);
            return { wire, source: plainAddress(header.source.address) };
          case 'local': // the load balancer itself, looking whether we are there
            wire.take(header.size);
            return { wire, source: peer };
          case 'none':
          case 'invalid':
            throw new DbmakerError('invalid_request', `The connection from ${peer} has to begin with a PROXY header.`);
        }
      }
    } finally {
      cancel();
    }
  }
}
