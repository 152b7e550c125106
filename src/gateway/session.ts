import type { Socket } from 'node:net';
import { DbmakerError } from '../domain/errors.ts';
import type { Access } from '../domain/instance/instance.ts';
import type { InstanceRoute } from '../domain/instance/route.ts';
import { limitKey } from '../domain/limit-key.ts';
import type { TemplateProtocol } from '../domain/template/template.ts';
import type { ActivityLog } from './activity.ts';
import { instanceLabel } from './hostname.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { Limits } from './limits/limits.ts';
import type { LoginQueue } from './limits/login-queue.ts';
import { addressSet } from './limits/source-address.ts';
import type { GatewayMetrics, RoutedBy } from './metrics.ts';
import { openInstance, type Opened, type Opener } from './open-instance.ts';
import { pipe } from './pipe/pipe.ts';
import type { Counted, ReadAhead } from './pipe/piped.ts';
import { beginsWithTls } from './protocols/first-bytes.ts';
import { startTls, type ChooseProtocol } from './start-tls.ts';
import type { Wire } from './wire.ts';
import { gone } from './wire.ts';

/** Which instance a connection is for, and by what that was told. */
export interface Found {
  readonly route: InstanceRoute;
  readonly routedBy: RoutedBy;
}

/** What all connections of this gateway share. */
export interface Shared extends Opener {
  readonly limits: Limits;
  readonly metrics: GatewayMetrics;
  readonly activity: ActivityLog;
  readonly refusals: RefusalLog;
  readonly logins: LoginQueue;
}

/** Of a label in DNS: longer ones are no name, and not repeated. */
const MAX_LABEL = 63;
const NAMES: Readonly<Record<TemplateProtocol, string>> = { postgresql: 'PostgreSQL', redis: 'Redis', http: 'HTTP', tcp: 'a protocol of its own' };

const TLS_HINTS: Readonly<Record<TemplateProtocol, string>> = { postgresql: ', for instance with sslmode=require', redis: ', for instance with rediss:// or --tls', http: ', with https://', tcp: '' };

/** One for all: every connection ends so, and an error of its own for each costs more than it tells. */
const LEFT = gone();

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
  /** Whose limits it counts for. */
  readonly limitKey: string;
  wire: Wire;
  /** Whether the client speaks TLS by now. */
  tls = false;
  /** Whose turn it is during a login: that one is to blame when the time is over. */
  waitsFor: 'client' | 'instance' = 'client';
  /** The name in TLS (SNI), lower case. */
  servername: string | null = null;
  readonly #began: number;
  readonly #ending = new AbortController();
  /** What is given back at the end of the connection, and what already at the end of the login. */
  readonly #held = new Set<() => void>();
  readonly #handshake = new Set<() => void>();
  readonly #reached = new Set<string>();
  #cancelDeadline: () => void = () => undefined;
  #protocol = 'unknown';

  /** @throws DbmakerError rate_limited: nothing is held then */
  constructor(shared: Shared, wire: Wire, source: string) {
    this.shared = shared;
    this.wire = wire;
    this.source = source;
    this.limitKey = limitKey(source);
    this.#began = shared.ports.clock.now();
    const { limits, metrics } = shared;
    hold(this.#held, limits.take('connectionsPerSource', this.limitKey));
    try {
      hold(this.#handshake, limits.take('handshakesPerSource', this.limitKey));
    } catch (error) {
      this.#letGo();
      throw error;
    }
    metrics.handshakes.inc();
    hold(this.#handshake, () => metrics.handshakes.dec());
    wire.socket.once('close', () => {
      this.#ending.abort(LEFT);
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
  restartDeadline(): void {
    const { clock, settings } = this.shared.ports;
    // However often it begins again: that long it may take in all.
    const ms = Math.max(0, Math.min(settings.handshakeMs, this.#began + settings.handshakeMs + settings.wakeDeadlineMs - clock.now()));
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(ms, () => {
      const seconds = String(settings.handshakeMs / 1000);
      this.#ending.abort(this.waitsFor === 'client'
        ? new DbmakerError('handshake_timeout', `You did not log in within ${seconds} seconds.`)
        : new DbmakerError('endpoint_unreachable', `The database did not answer the login within ${seconds} seconds.`, { remedy: 'Look at its log and at its health.' }));
    });
  }

  stopDeadline(): void {
    this.#cancelDeadline();
  }

  more(signal = this.signal): Promise<void> {
    return this.wire.more(signal);
  }

  /** Sets up TLS on what the wire holds. */
  async secure(choose: ChooseProtocol): Promise<void> {
    if (this.tls) throw new DbmakerError('invalid_request', 'TLS inside of TLS is not supported.');
    const { wire, servername } = await startTls(this.wire, this.shared.ports.secureContext(), choose, this.signal);
    this.wire = wire;
    this.tls = true;
    this.servername = servername;
  }

  /** Sets up TLS if that is what the client begins with. */
  async secureIfAsked(choose: ChooseProtocol): Promise<void> {
    let asked = beginsWithTls(this.wire.bytes);
    for (; asked === null; asked = beginsWithTls(this.wire.bytes)) await this.more();
    if (asked && !this.tls) await this.secure(choose);
  }

  /** The label of an instance in the name that TLS was asked for; null: none of our names. */
  get label(): string | null {
    return this.servername === null ? null : this.labelOf(this.servername);
  }

  labelOf(hostname: string): string | null {
    return instanceLabel(hostname, this.shared.ports.settings.domain);
  }

  /**
   * @param label slug or alias
   * @param protocol what is spoken here; null: whatever the instance speaks
   * @param remedy when there is none
   * @throws DbmakerError not_found, rate_limited (has asked for too many that do not exist), unsupported (another protocol)
   */
  lookUp(label: string, protocol: TemplateProtocol | null = null, remedy = 'Check the hostname: it is shown with the database\'s connection details.'): InstanceRoute {
    const { limits, table, ports } = this.shared;
    const route = table.find(label.toLowerCase());
    // Before it is told whether there is one; but who has been in already learns nothing by it.
    if (route === null || !limits.hasLoggedIn(this.limitKey, route.id)) limits.checkLookups(this.limitKey);
    if (route === null) {
      limits.lookupFailed(this.limitKey);
      const asked = label.length > MAX_LABEL ? 'of that name' : `${label}.${ports.settings.domain}`;
      throw new DbmakerError('not_found', `There is no database ${asked}.`, { remedy });
    }
    if (protocol === null || route.protocol === protocol) return route;
    throw new DbmakerError('unsupported', `${route.slug} does not speak ${NAMES[protocol]} but ${NAMES[route.protocol]}.`, { remedy: 'Use the port that is shown with its connection details.' });
  }

  /**
   * @returns gives back what was taken of the instance's limits, before the end of the connection
   * @throws DbmakerError tls_required, address_not_allowed, rate_limited
   */
  admit(route: InstanceRoute): () => void {
    const { limits, ports } = this.shared;
    if (route.access.allow.length > 0 && !allowedBy(route.access).has(this.source)) {
      throw new DbmakerError('address_not_allowed', `${route.name} does not take connections from your address (${this.source}).`, { remedy: 'Its owner can add the address to allowedSources.' });
    }
    if (route.access.tlsOnly && !this.tls) {
      throw new DbmakerError('tls_required', `${route.name} takes connections with TLS only.`, { remedy: `Switch TLS on in your client${TLS_HINTS[route.protocol]}. The host name is ${route.slug}.${ports.settings.domain}.` });
    }
    const release = hold(this.#held, limits.take('connectionsPerInstance', route.id));
    let endLogin: () => void;
    try {
      endLogin = hold(this.#handshake, limits.take('handshakesPerInstance', route.id));
    } catch (error) {
      release();
      throw error;
    }
    if (this.#ending.signal.aborted) this.#letGo();
    return () => {
      endLogin();
      release();
    };
  }

  /**
   * Its turn to log in: for databases where every unfinished login takes a place. The time that it waits is not the client's fault.
   * @returns lets the next one in
   * @throws DbmakerError rate_limited, cancelled
   */
  async turnToLogIn(route: InstanceRoute): Promise<() => void> {
    const { logins, ports } = this.shared;
    this.stopDeadline();
    return logins.enter(route.id, this.limitKey, ports.settings.wakeDeadlineMs, this.signal);
  }

  /**
   * A connection to the instance, woken if need be. The caller destroys it if it does not come to `join`. From here on the instance has an open
   * connection: it does not fall asleep.
   */
  async open(route: InstanceRoute): Promise<Socket> {
    const { clock } = this.shared.ports;
    const { metrics, activity } = this.shared;
    const began = clock.now();
    this.stopDeadline(); // waking has a deadline of its own
    const letSleep = activity.keepAwake(route.id, route.slug);
    let opened: Opened;
    try {
      opened = await openInstance(this.shared, route.id, this.signal);
    } catch (error) {
      letSleep();
      throw error;
    }
    const { socket, waited } = opened;
    socket.on('error', () => socket.destroy()).once('close', letSleep);
    (waited ? metrics.wakeSeconds : metrics.connectSeconds).observe((clock.now() - began) / 1000);
    if (this.signal.aborted) {
      socket.destroy();
      throw this.signal.reason;
    }
    this.restartDeadline();
    return socket;
  }

  /** The login is done: from here on bytes are only passed on. @throws DbmakerError cancelled, handshake_timeout */
  async join(route: InstanceRoute, routedBy: RoutedBy, instance: Socket, ahead: ReadAhead): Promise<void> {
    await this.wire.flushed(this.signal); // the fast pipe would overtake what the stream still writes
    const piped = pipe(this.wire.socket, instance, { ahead, clock: this.shared.ports.clock });
    if (!piped.fast) this.shared.metrics.slowPipes.inc();
    this.established(route, routedBy, piped);
  }

  /** Counts the connection as one to this instance until it ends, or until the returned function is called. */
  established(route: InstanceRoute, routedBy: RoutedBy, piped: Counted): () => void {
    const { metrics, activity, ports, limits } = this.shared;
    const { protocol } = route;
    this.endHandshake();
    limits.loggedIn(this.limitKey, route.id);
    if (!this.#reached.has(route.id)) {
      // Once for each database that it reaches: over HTTP one connection carries many requests.
      this.#reached.add(route.id);
      metrics.connections.inc({ protocol, routed_by: routedBy, tls: String(this.tls) });
      if (this.#reached.size === 1) metrics.handshakeSeconds.observe({ protocol }, (ports.clock.now() - this.#began) / 1000);
    }
    metrics.open.inc({ protocol });
    const closed = activity.used(route.id, route.slug, piped);
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
    this.shared.refusals.tell(error, { source: this.source, servername: this.servername, protocol: this.#protocol });
  }

  /**
   * Last words. Not `destroy`: a reset would overtake them. What the client still sends is read and thrown away meanwhile, bounded.
   */
  farewell(words: Buffer): void {
    this.endHandshake();
    const { socket } = this.wire;
    if (socket.destroyed) return;
    const cancel = this.shared.ports.clock.after(FAREWELL_MS, () => socket.destroy());
    socket.once('close', cancel);
    socket.once('end', () => socket.destroySoon());
    socket.end(words);
    socket.resume();
  }

  /** It waits no longer for a login, or there is none to wait for: what was taken of the limits on those is given back. */
  endHandshake(): void {
    this.#cancelDeadline();
    for (const release of this.#handshake) release();
  }

  #letGo(): void {
    this.endHandshake();
    for (const release of this.#held) release();
  }
}

const allowed = new WeakMap<Access, { has(address: string): boolean }>();

/** Made once for each version of a route. */
function allowedBy(access: Access): { has(address: string): boolean } {
  const made = allowed.get(access) ?? addressSet(access.allow);
  allowed.set(access, made);
  return made;
}

/** Adds what is to be given back; the returned function does it, once, and takes it out again. */
function hold(held: Set<() => void>, giveBack: () => void): () => void {
  const release = (): void => {
    if (held.delete(release)) giveBack();
  };
  held.add(release);
  return release;
}
