import { createServer, type Server, type Socket } from 'node:net';
import { openInstance } from './open-instance.ts';
import { pipe } from './pipe.ts';
import type { PortGatewayPorts } from './ports.ts';

/**
 * A listener per instance on its own port, piping to its endpoint. The listener stands as long as the instance exists, asleep or not:
 * a connection is what wakes it.
 */
export class PortGateway {
  readonly #ports: PortGatewayPorts;
  /** port -> its listener and whose it is. */
  readonly #listeners = new Map<number, { server: Server; id: string }>();
  /** port -> instance: another program had it when we last tried. */
  readonly #refused = new Map<number, string>();
  readonly #sockets = new Set<Socket>();
  #cancelRefresh: () => void = () => undefined;
  #cancelRetry: () => void = () => undefined;
  #closed = false;

  constructor(ports: PortGatewayPorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    await this.#refresh();
    this.#retryRefused();
  }

  /** One instance was made or removed: bring its listener in line at once. */
  async update(id: string): Promise<void> {
    if (this.#closed) return;
    try {
      const instance = await this.#ports.store.instances.get(id);
      if (instance !== null && instance.spec.desired !== 'deleted') return this.#listen(instance.port, id);
      for (const [port, listener] of this.#listeners) if (listener.id === id) this.#unlisten(port);
      for (const [port, owner] of this.#refused) if (owner === id) this.#refused.delete(port);
    } catch (error) {
      this.#ports.log.warn({ err: error, instance: id }, 'route not updated; the next refresh does it');
    }
  }

  /** Ends listeners at once and connections after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#cancelRefresh();
    this.#cancelRetry();
    for (const port of [...this.#listeners.keys()]) this.#unlisten(port);
    if (this.#sockets.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#ports.clock.after(graceMs, () => {
        for (const socket of this.#sockets) socket.destroy();
        resolve();
      });
      for (const socket of this.#sockets) {
        socket.once('close', () => {
          if (this.#sockets.size > 0) return;
          cancel();
          resolve();
        });
      }
    });
  }

  async #refresh(): Promise<void> {
    try {
      const rows = (await this.#ports.store.instances.overview()).filter((row) => row.desired !== 'deleted');
      const wanted = new Map(rows.map((row) => [row.port, row.id]));
      for (const [port, listener] of this.#listeners) if (wanted.get(port) !== listener.id) this.#unlisten(port);
      for (const port of this.#refused.keys()) if (!wanted.has(port)) this.#refused.delete(port);
      for (const [port, id] of wanted) this.#listen(port, id);
    } catch (error) {
      // Known routes go on working while the store is away.
      this.#ports.log.warn({ err: error }, 'routes not refreshed');
    }
    if (!this.#closed) this.#cancelRefresh = this.#ports.clock.after(this.#ports.settings.refreshMs, () => void this.#refresh());
  }

  #retryRefused(): void {
    for (const [port, id] of this.#refused) this.#listen(port, id);
    if (!this.#closed) this.#cancelRetry = this.#ports.clock.after(this.#ports.settings.retryMs, () => this.#retryRefused());
  }

  #listen(port: number, id: string): void {
    if (this.#closed || this.#listeners.get(port)?.id === id) return;
    this.#unlisten(port);
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => void this.#serve(client, id));
    this.#listeners.set(port, { server, id });
    server.on('error', (error) => {
      // Told once: it is tried again every few seconds, for as long as another program has the port.
      if (!this.#refused.has(port)) this.#ports.log.warn({ err: error, port, instance: id }, 'cannot listen on the port of an instance; tried again and again');
      this.#refused.set(port, id);
      if (this.#listeners.get(port)?.server === server) this.#unlisten(port);
    });
    server.listen({ port, host: this.#ports.settings.bind }, () => {
      if (this.#refused.delete(port)) this.#ports.log.info({ port, instance: id }, 'now listening on the port of an instance');
    });
  }

  #unlisten(port: number): void {
    this.#listeners.get(port)?.server.close();
    this.#listeners.delete(port);
  }

  async #serve(client: Socket, id: string): Promise<void> {
    this.#sockets.add(client);
    const gone = new AbortController();
    client.on('close', () => {
      this.#sockets.delete(client);
      gone.abort();
    });
    client.on('error', () => client.destroy());
    try {
      const upstream = await openInstance(this.#ports, id, gone.signal);
      if (client.destroyed) return void upstream.destroy();
      this.#sockets.add(upstream);
      upstream.on('close', () => this.#sockets.delete(upstream));
      pipe(client, upstream);
      client.resume();
    } catch (error) {
      this.#ports.log.info({ err: error, instance: id }, 'a connection could not be served');
      client.destroy();
    }
  }
}
