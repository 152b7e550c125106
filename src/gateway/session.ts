import type { Socket } from 'node:net';
import { DbmakerError } from '../domain/errors.ts';
import type { InstanceRoute } from '../domain/instance/route.ts';
import type { TemplateProtocol } from '../domain/template/template.ts';
import type { ActivityLog } from './activity.ts';
import { instanceLabel } from './hostname.ts';
import type { Limits } from './limits/limits.ts';
import { addressSet } from './limits/source-address.ts';
import type { GatewayMetrics, RoutedBy } from './metrics.ts';
import { openInstance, type Opener } from './open-instance.ts';
import { pipe } from './pipe/pipe.ts';
import type { Piped, ReadAhead } from './pipe/piped.ts';
import { startTls, type ChooseProtocol } from './start-tls.ts';
import type { Wire } from './wire.ts';
import { gone } from './wire.ts';

/** What all connections of this gateway share. */
export interface Shared extends Opener {
  readonly limits: Limits;
  readonly metrics: GatewayMetrics;
  readonly activity: ActivityLog;
}

/** A refused client gets so long to read why. */
const FAREWELL_MS = 3000;

/**
 * One client's connection from accepting it to its end: what is known of it, the one deadline over everything up to the login, and what it
 * has taken of the limits. The protocols decide what happens; this keeps the rules that hold for all of them.
 */
export class Session {
  readonly shared: Shared;
  /** Source address, by the PROXY header where there was one. */
  readonly source: string;
  wire: Wire;
  /** Whether the client speaks TLS by now. */
  tls = false;
  /** The name in TLS (SNI), lower case. */
  servername: string | null = null;
  readonly #began: number;
  readonly #ending = new AbortController();
  /** What is given back at the end of the connection, and what already at the end of the login. */
  readonly #held = new Set<() => void>();
  readonly #handshake = new Set<() => void>();
  #cancelDeadline: () => void = () => undefined;
  #protocol = 'unknown';

  /** @throws DbmakerError rate_limited: nothing is held then */
  constructor(shared: Shared, wire: Wire, source: string) {
    this.shared = shared;
    this.wire = wire;
    this.source = source;
    this.#began = shared.ports.clock.now();
    const { limits, metrics } = shared;
    hold(this.#held, limits.take('connectionsPerSource', source));
    try {
      hold(this.#handshake, limits.take('handshakesPerSource', source));
    } catch (error) {
      this.#letGo();
      throw error;
    }
    metrics.handshakes.inc();
    hold(this.#handshake, () => metrics.handshakes.dec());
    wire.socket.once('close', () => {
      this.#ending.abort(gone());
      this.#letGo();
    });
    this.restartDeadline();
  }

  /** Aborts when the client is gone or has taken too long. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  set protocol(protocol: TemplateProtocol) {
    this.#protocol = protocol;
  }

  /** The time up to the end of the login begins (again: waking is not the client's fault). */
  restartDeadline(ms = this.shared.ports.settings.handshakeMs): void {
    const { clock, settings } = this.shared.ports;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(ms, () => {
      this.#ending.abort(new DbmakerError('handshake_timeout', `You did not log in within ${String(settings.handshakeMs / 1000)} seconds.`));
    });
  }

  stopDeadline(): void {
    this.#cancelDeadline();
  }

  more(): Promise<void> {
    return this.wire.more(this.signal);
  }

  /** Sets up TLS on what the wire holds. */
  async secure(choose: ChooseProtocol): Promise<void> {
    if (this.tls) throw new DbmakerError('invalid_request', 'TLS inside of TLS is not supported.');
    const { wire, servername } = await startTls(this.wire, this.shared.ports.secureContext(), choose, this.signal);
    this.wire = wire;
    this.tls = true;
    this.servername = servername;
  }

  /** The label of an instance in the name that TLS was asked for; null: none of our names. */
  get label(): string | null {
    return this.servername === null ? null : this.labelOf(this.servername);
  }

  labelOf(hostname: string): string | null {
    return instanceLabel(hostname, this.shared.ports.settings.domain);
  }

  /** @throws DbmakerError not_found, rate_limited (has asked for too many that do not exist) */
  lookUp(label: string): InstanceRoute {
    const { limits, table, ports } = this.shared;
    limits.checkLookups(this.source);
    const route = table.find(label.toLowerCase());
    if (route !== null) return route;
    limits.lookupFailed(this.source);
    throw new DbmakerError('not_found', `There is no database ${label}.${ports.settings.domain}.`, { remedy: 'Check the hostname: it is shown with the database\'s connection details.' });
  }

  /**
   * @returns gives back what was taken of the instance's limits, before the end of the connection
   * @throws DbmakerError tls_required, address_not_allowed, rate_limited
   */
  admit(route: InstanceRoute): () => void {
    const { limits, ports } = this.shared;
    if (route.access.allow.length > 0 && !addressSet(route.access.allow).has(this.source)) {
      throw new DbmakerError('address_not_allowed', `${route.name} does not take connections from your address (${this.source}).`, { remedy: 'Its owner can add the address to allowedSources.' });
    }
    if (route.access.tlsOnly && !this.tls) {
      throw new DbmakerError('tls_required', `${route.name} takes connections with TLS only.`, { remedy: `Switch TLS on in your client, for instance with sslmode=require. The host name is ${route.slug}.${ports.settings.domain}.` });
    }
    const release = hold(this.#held, limits.take('connectionsPerInstance', route.id));
    try {
      hold(this.#handshake, limits.take('handshakesPerInstance', route.id));
    } catch (error) {
      release();
      throw error;
    }
    if (this.#ending.signal.aborted) this.#letGo();
    return release;
  }

  /** A connection to the instance, woken if need be. The caller destroys it if it does not come to `join`. */
  async open(route: InstanceRoute): Promise<Socket> {
    const { clock } = this.shared.ports;
    const { metrics } = this.shared;
    const began = clock.now();
    this.stopDeadline(); // waking has a deadline of its own
    const { socket, waited } = await openInstance(this.shared, route.id, this.signal);
    (waited ? metrics.wakeSeconds : metrics.connectSeconds).observe((clock.now() - began) / 1000);
    socket.on('error', () => socket.destroy());
    if (this.signal.aborted) {
      socket.destroy();
      throw this.signal.reason;
    }
    this.restartDeadline();
    return socket;
  }

  /** The login is done: from here on bytes are only passed on. */
  join(route: InstanceRoute, routedBy: RoutedBy, instance: Socket, ahead: ReadAhead): void {
    this.established(route, routedBy, pipe(this.wire.socket, instance, ahead));
  }

  /** Counts the connection as one to this instance until it ends, or until the returned function is called. */
  established(route: InstanceRoute, routedBy: RoutedBy, piped: Piped): () => void {
    const { metrics, activity, ports } = this.shared;
    const { protocol } = route;
    this.#endHandshake();
    metrics.connections.inc({ protocol, routed_by: routedBy, tls: String(this.tls) });
    metrics.handshakeSeconds.observe({ protocol }, (ports.clock.now() - this.#began) / 1000);
    metrics.open.inc({ protocol });
    const closed = activity.opened(route.id, route.slug, piped);
    const release = hold(this.#held, () => {
      metrics.open.dec({ protocol });
      closed();
    });
    if (this.#ending.signal.aborted) this.#letGo();
    return release;
  }

  /** Counts why it was refused or failed, and tells the log. */
  failed(error: DbmakerError): void {
    this.shared.metrics.failures.inc({ protocol: this.#protocol, kind: error.code });
    // A client that leaves is no news, and a stranger who connects all day must not fill the log.
    const { log } = this.shared.ports;
    const about = { source: this.source, servername: this.servername, protocol: this.#protocol };
    if (error.code === 'cancelled') log.debug(about, 'a client left before it was served');
    else if (error.cause === undefined) log.info({ ...about, code: error.code, reason: error.userText }, 'a connection was not served');
    else log.info({ ...about, err: error }, 'a connection was not served');
  }

  /**
   * Last words. Not `destroy`: a reset would overtake them. What the client still sends is read and thrown away meanwhile, bounded.
   */
  farewell(words: Buffer): void {
    this.#endHandshake();
    const { socket } = this.wire;
    if (socket.destroyed) return;
    const cancel = this.shared.ports.clock.after(FAREWELL_MS, () => socket.destroy());
    socket.once('close', cancel);
    socket.once('end', () => socket.destroySoon());
    socket.end(words);
    socket.resume();
  }

  #endHandshake(): void {
    this.#cancelDeadline();
    for (const release of this.#handshake) release();
  }

  #letGo(): void {
    this.#endHandshake();
    for (const release of this.#held) release();
  }
}

/** Adds what is to be given back; the returned function does it, once, and takes it out again. */
function hold(held: Set<() => void>, giveBack: () => void): () => void {
  const release = (): void => {
    if (held.delete(release)) giveBack();
  };
  held.add(release);
  return release;
}
