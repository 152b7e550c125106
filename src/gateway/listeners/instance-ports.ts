import type { Server, Socket } from 'node:net';
import type { InstanceRoute } from '../../domain/instance/route.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { RouteTable } from '../routes/route-table.ts';
import { BACKLOG, makeServer } from './listen.ts';

export interface InstancePortsOptions {
  readonly table: RouteTable;
  readonly clock: Clock;
  readonly log: Log;
  readonly bind: string;
  readonly reusePort: boolean;
  readonly retryMs: number;
  readonly accept: (socket: Socket, instanceId: string) => void;
}

/**
 * A listener for each instance on its own port. It stands as long as the instance exists, asleep or not: a connection is what wakes it.
 */
export class InstancePorts {
  readonly #options: InstancePortsOptions;
  /** port -> its listener and whose it is. */
  readonly #listeners = new Map<number, { server: Server; id: string }>();
  /** port -> instance: another program had it when we last tried. */
  readonly #refused = new Map<number, string>();
  /** instance -> its port, to find it when the route is gone. */
  readonly #ports = new Map<string, number>();
  #cancelRetry: () => void = () => undefined;
  #closed = false;

  constructor(options: InstancePortsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#retry();
  }

  /** One instance came, changed or went. */
  update(id: string, route: InstanceRoute | null): void {
    const before = this.#ports.get(id);
    if (before !== undefined && before !== route?.port) this.#leave(before, id);
    if (route !== null) this.#listen(route.port, id);
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    for (const { server } of this.#listeners.values()) server.close();
    this.#listeners.clear();
  }

  #leave(port: number, id: string): void {
    this.#ports.delete(id);
    if (this.#refused.get(port) === id) this.#refused.delete(port);
    if (this.#listeners.get(port)?.id === id) this.#unlisten(port);
  }

  #retry(): void {
    for (const [port, id] of this.#refused) this.#listen(port, id);
    if (!this.#closed) this.#cancelRetry = this.#options.clock.after(this.#options.retryMs, () => this.#retry());
  }

  #listen(port: number, id: string): void {
    if (this.#closed || this.#listeners.get(port)?.id === id) return;
    this.#unlisten(port);
    this.#ports.set(id, port);
    const { log, bind, reusePort, accept } = this.#options;
    const server = makeServer((socket) => accept(socket, id));
    this.#listeners.set(port, { server, id });
    server.on('error', (error) => {
      // Told once: it is tried again every few seconds, for as long as another program has the port.
      if (!this.#refused.has(port)) log.warn({ err: error, port, instance: id }, 'cannot listen on the port of an instance; tried again and again');
      if (this.#ports.get(id) === port) this.#refused.set(port, id);
      if (this.#listeners.get(port)?.server === server) this.#unlisten(port);
    });
    server.listen({ port, host: bind, reusePort, backlog: BACKLOG }, () => {
      if (this.#refused.delete(port)) log.info({ port, instance: id }, 'now listening on the port of an instance');
    });
  }

  #unlisten(port: number): void {
    this.#listeners.get(port)?.server.close();
    this.#listeners.delete(port);
  }
}
