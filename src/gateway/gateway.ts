import type { Server, Socket } from 'node:net';
import { isDbmakerError } from '../domain/errors.ts';
import type { InstanceRoute } from '../domain/instance/route.ts';
import { ActivityLog } from './activity.ts';
import { CancelKeys } from './cancel/cancel-keys.ts';
import { CancelPeers } from './cancel/cancel-peers.ts';
import { Limits } from './limits/limits.ts';
import { LoginQueue } from './limits/login-queue.ts';
import { Acceptor } from './listeners/accept.ts';
import { InstancePorts } from './listeners/instance-ports.ts';
import { listen, makeServer } from './listeners/listen.ts';
import { GatewayMetrics } from './metrics.ts';
import { wake } from './open-instance.ts';
import { RefusalLog } from './refusal-log.ts';
import type { GatewayPorts } from './ports.ts';
import { HttpProxy } from './protocols/http/serve.ts';
import { cancelBackend, createCancels, type Cancels } from './protocols/postgresql/cancels.ts';
import { servePostgresql } from './protocols/postgresql/serve.ts';
import { serveRedis } from './protocols/redis/serve.ts';
import { serveTcp } from './protocols/tcp/serve.ts';
import { serveShared } from './protocols/shared-port.ts';
import { RouteFeed } from './routes/route-feed.ts';
import { RouteTable } from './routes/route-table.ts';
import type { Session, Shared } from './session.ts';

/** The TCP data plane: every way from a client to an instance. */
export class Gateway {
  readonly #ports: GatewayPorts;
  readonly #shared: Shared;
  readonly #feed: RouteFeed;
  readonly #acceptor: Acceptor;
  readonly #instancePorts: InstancePorts;
  readonly #peers: CancelPeers;
  readonly #cancels: Cancels;
  readonly #http: HttpProxy;
  readonly #servers: Server[] = [];
  readonly metrics = new GatewayMetrics();

  constructor(ports: GatewayPorts) {
    this.#ports = ports;
    const { clock, log, settings, store, connect, listenUnix } = ports;
    const table = new RouteTable(clock, (id, route) => this.#routeChanged(id, route));
    this.#feed = new RouteFeed({ store, table, clock, log, pollMs: settings.pollMs, refreshMs: settings.refreshMs });
    const activity = new ActivityLog({ activity: store.activity, metrics: this.metrics, clock, log, name: settings.name, reportMs: settings.reportMs });
    this.#shared = { ports, table, feed: this.#feed, limits: new Limits(settings.limits, clock), metrics: this.metrics, activity, refusals: new RefusalLog(clock, log), logins: new LoginQueue(clock) };
    this.#acceptor = new Acceptor(this.#shared);
    this.#instancePorts = new InstancePorts({
      table, clock, log, bind: settings.bind, reusePort: settings.reusePort, retryMs: settings.retryMs,
      accept: (socket, id) => this.#acceptor.accept(socket, (session) => this.#serveInstance(session, id)),
    });
    const keys = new CancelKeys(settings.peers.number);
    const cancelHere = (processId: number, key: Buffer): Promise<boolean> => this.#cancelHere(keys, processId, key);
    this.#peers = new CancelPeers({ ...settings.peers, connect, listenUnix, clock, log, cancel: cancelHere });
    this.#cancels = createCancels(keys, settings.peers.number, this.#peers, cancelHere);
    this.#http = new HttpProxy(settings.handshakeMs);
  }

  /** Resolves when all shared ports are listened on. @throws DbmakerError port_taken, invalid_configuration: nothing is left open then */
  async start(): Promise<void> {
    const { settings } = this.#ports;
    try {
      await this.#peers.start();
      await this.#feed.start();
      this.#instancePorts.start();
      this.#shared.activity.start();
      await this.#listen(settings.postgresqlPort, (session) => servePostgresql(session, { found: null, cancels: this.#cancels }));
      await this.#listen(settings.redisPort, (session) => serveRedis(session, null));
      await this.#listen(settings.tlsPort, (session) => serveShared(session, { cancels: this.#cancels, http: this.#http }));
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  /** Brings the route of one instance up to date at once: a hint from the same process. Never rejects. */
  async update(id: string): Promise<void> {
    try {
      await this.#feed.update(id);
    } catch (error) {
      this.#ports.log.debug({ err: error, instance: id }, 'route not updated; the next look at the store does it');
    }
  }

  /** Takes no new connection, lets those that are open go on for `graceMs`, then ends them. */
  async close(graceMs: number): Promise<void> {
    for (const server of this.#servers) server.close();
    this.#http.drain();
    this.#instancePorts.close();
    const { open } = this.#acceptor;
    if (open.size > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#ports.clock.after(graceMs, resolve);
        const look = (): void => {
          if (open.size > 0) return;
          cancel();
          resolve();
        };
        for (const socket of open) socket.once('close', look);
      });
    }
    for (const socket of open) socket.destroy();
    this.#http.close();
    this.#feed.stop();
    this.#peers.stop();
    await this.#shared.activity.stop();
  }

  async #listen(port: number | null, serve: (session: Session) => void | Promise<void>): Promise<void> {
    if (port === null) return;
    const server = makeServer((socket: Socket) => this.#acceptor.accept(socket, serve));
    this.#servers.push(server);
    await listen(server, { host: this.#ports.settings.bind, port, reusePort: this.#ports.settings.reusePort });
    server.on('error', (error) => this.#ports.log.error({ err: error, port }, 'a connection could not be accepted'));
  }

  /** On the port of one instance. */
  async #serveInstance(session: Session, id: string): Promise<void> {
    const route = this.#shared.table.get(id);
    if (route === null) return void session.wire.socket.destroy();
    switch (route.protocol) {
      case 'postgresql': return servePostgresql(session, { found: { route, routedBy: 'port' }, cancels: this.#cancels });
      case 'redis': return serveRedis(session, { route, routedBy: 'port' });
      case 'http': return this.#http.serveFixed(session, route);
      case 'tcp': return serveTcp(session, route, 'port');
    }
  }

  #routeChanged(id: string, route: InstanceRoute | null): void {
    this.metrics.routes.set(this.#shared.table.size);
    this.#instancePorts.update(id, route);
    if (route === null) this.#shared.activity.forget(id);
    else if (route.desired === 'sleeping' && route.phase === 'sleeping' && this.#shared.activity.openOf(id) > 0) void this.#wakeUsed(route);
  }

  /** It fell asleep while somebody connected: that somebody waits on a frozen socket. */
  async #wakeUsed(route: InstanceRoute): Promise<void> {
    try {
      await wake(this.#shared, route);
    } catch (error) {
      this.#ports.log.warn({ err: error, instance: route.id }, 'an instance with open connections sleeps and could not be woken');
    }
  }

  async #cancelHere(keys: CancelKeys, processId: number, key: Buffer): Promise<boolean> {
    const backend = keys.find(processId, key);
    if (backend === null) return false;
    try {
      await cancelBackend(this.#ports, backend);
    } catch (error) {
      if (!isDbmakerError(error)) throw error;
      this.#ports.log.info({ err: error, instance: backend.instanceId }, 'a cancel request did not reach its database');
    }
    return true;
  }
}
