/** A gateway in this process, on a real store, before "databases" that a test brings. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { openCertificates } from '../../src/certificates/index.ts';
import type { Endpoint } from '../../src/domain/endpoint.ts';
import { type Access, OPEN_ACCESS, type Phase } from '../../src/domain/instance/instance.ts';
import type { Certificates } from '../../src/domain/ports/certificates.ts';
import type { Store } from '../../src/domain/ports/store.ts';
import type { EngineName, TemplateProtocol } from '../../src/domain/template/template.ts';
import type { Log } from '../../src/domain/ports/log.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import type { GatewaySettings } from '../../src/gateway/ports.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createSignals } from '../../src/main/signals.ts';
import { createConnect } from '../../src/net/connect.ts';
import { listenUnix } from '../../src/net/listen-unix.ts';
import { openStore } from '../../src/store/index.ts';
import { claimPortRange, freePort, type PortRange } from './ports.ts';
import { addUser, nextId } from './store.ts';
import { temporaryDirectory } from './tmp.ts';
import { quietLog } from './quiet-log.ts';
import { waitFor } from './wait.ts';

const UNLIMITED = { connectionsPerSource: 1e6, handshakesPerSource: 1e6, failedLookupsPerSource: 1e6, connectionsPerInstance: 1e6, handshakesPerInstance: 1e6 };

export interface HouseInstance {
  readonly id: string;
  readonly slug: string;
  readonly port: number;
}

export interface InstanceWish {
  readonly engine?: EngineName;
  readonly type?: string;
  readonly protocol?: TemplateProtocol;
  readonly state?: 'running' | 'sleeping' | 'stopped';
  readonly endpoint: Endpoint;
  readonly access?: Partial<Access>;
  readonly slug?: string;
  readonly owner?: string;
}

/** What the gateway is given instead of the usual. */
export interface OwnPorts {
  readonly log?: Log;
  readonly store?: (real: Store) => Store;
  readonly certificates?: Certificates;
}

export class GatewayHouse implements AsyncDisposable {
  readonly store: Store;
  readonly directory: string;
  readonly ports: { readonly postgresql: number; readonly redis: number; readonly tls: number };
  readonly certificates: Certificates;
  /** PEM. */
  readonly authority: string;
  gateway: Gateway;
  readonly settings: GatewaySettings;
  readonly #own: OwnPorts;
  readonly #signals = createSignals();
  readonly #disposables: AsyncDisposableStack;
  readonly #range: PortRange;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #owners = new Map<string, Awaited<ReturnType<typeof addUser>>>();
  #nextPort: number;

  private constructor(parts: { own: OwnPorts; store: Store; directory: string; range: PortRange; certificates: Certificates; settings: GatewaySettings; disposables: AsyncDisposableStack }) {
    this.#own = parts.own;
    this.store = parts.store;
    this.directory = parts.directory;
    this.settings = parts.settings;
    this.ports = { postgresql: parts.settings.postgresqlPort ?? 0, redis: parts.settings.redisPort ?? 0, tls: parts.settings.tlsPort ?? 0 };
    this.certificates = parts.certificates;
    this.authority = parts.certificates.authority ?? '';
    this.#range = parts.range;
    this.#nextPort = parts.range.from;
    this.#disposables = parts.disposables;
    this.gateway = this.makeGateway();
  }

  /** Listening; the domain is `db.test`. */
  static async open(settings: Partial<GatewaySettings> = {}, own: OwnPorts = {}): Promise<GatewayHouse> {
    await using stack = new AsyncDisposableStack();
    const directory = stack.use(await temporaryDirectory('gateway'));
    const store = await openStore({ home: directory.path, databaseUrl: null, clock: systemClock });
    stack.defer(() => store.close());
    const certificates = await openCertificates({ home: directory.path, domain: 'db.test', files: null, clock: systemClock, log: quietLog });
    stack.defer(() => certificates.stop());
    const range = stack.use(await claimPortRange());
    const [postgresqlPort, redisPort, tlsPort] = [await freePort(), await freePort(), await freePort()];
    const house = new GatewayHouse({
      own, store, directory: directory.path, range, certificates, disposables: stack.move(),
      settings: {
        name: 'gateway-0', domain: 'db.test', bind: '127.0.0.1', postgresqlPort, redisPort, tlsPort, reusePort: false,
        peers: { directory: path.join(directory.path, 'run'), number: 0 }, proxyProtocolFrom: [], limits: UNLIMITED,
        handshakeMs: 10_000, wakeDeadlineMs: 10_000, pollMs: 60_000, refreshMs: 60_000, retryMs: 60_000, reportMs: 60_000, ...settings,
      },
    });
    await house.gateway.start();
    return house;
  }

  /** Another one beside the first, with settings of its own. */
  makeGateway(settings: Partial<GatewaySettings> = {}): Gateway {
    const gateway = new Gateway({
      store: this.#own.store?.(this.store) ?? this.store,
      connect: createConnect(systemClock),
      listenUnix,
      clock: systemClock,
      log: this.#own.log ?? quietLog,
      secureContext: () => (this.#own.certificates ?? this.certificates).current.context,
      changed: () => undefined,
      settings: { ...this.settings, ...settings },
    });
    this.#signals.onAnyReport((id) => void gateway.update(id));
    return gateway;
  }

  /** Makes the instance in the given state; the gateway knows it when this resolves. */
  async instance(wish: InstanceWish): Promise<HouseInstance> {
    const { engine = 'generic', type = engine, state = 'running', owner = 'alice' } = wish;
    const id = nextId();
    const port = this.#nextPort++;
    assert.ok(port <= this.#range.to);
    const user = this.#owners.get(owner) ?? await addUser(this.store);
    this.#owners.set(owner, user);
    await this.store.ports.reserve({ from: port, to: port }, 60_000);
    const slug = wish.slug ?? `${owner}-${type}-${id.slice(-4)}`;
    const template = { name: type, type, image: 'x', defaultPort: 5432, connectionStringTemplate: 'x', ...(wish.protocol === undefined ? {} : { protocol: wish.protocol }) };
    await this.store.instances.create({
      id, ownerId: user.id, ownerName: owner, name: id, templateKey: type, type, engine, slug, port,
      spec: {
        desired: state, template, resources: { memoryBytes: 1e8, cpus: 1, pids: 50 }, username: owner, database: 'db', sleepAfterMs: null, removeAfterMs: null,
        access: { ...OPEN_ACCESS, ...wish.access },
      },
      secrets: { password: 'x', nextPassword: null },
    });
    this.#endpoints.set(id, wish.endpoint);
    await this.report(id, state);
    await this.gateway.update(id);
    await waitFor(() => canDial(port), { what: 'the listener' });
    return { id, slug, port };
  }

  /** As the reconciler would. */
  async report(id: string, phase: Phase, nextTryAt: number | null = null): Promise<void> {
    const lease = await this.store.instances.acquireLease(id, 'test', 60_000);
    assert.ok(lease);
    await this.store.instances.report(lease, { phase, endpoint: phase === 'running' ? (this.#endpoints.get(id) ?? null) : null, nextTryAt });
    await this.store.instances.releaseLease(lease);
    this.#signals.reported(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close(0);
    await this.#disposables.disposeAsync();
  }
}

/** A store whose methods of one repository `trouble` may replace, call by call. */
export function storeWith<K extends 'instances' | 'events'>(real: Store, repository: K, trouble: (method: string) => (() => Promise<never>) | null): Store {
  const proxied = new Proxy(real[repository], {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return trouble(String(key)) ?? (member.bind(target) as unknown);
    },
  });
  return { ...real, [repository]: proxied };
}

/** A "database" of the test's own making, on a unix socket. */
export class FakeDatabase implements AsyncDisposable {
  readonly endpoint: Endpoint & { kind: 'unix' };
  readonly sockets: Socket[] = [];
  readonly #serve: (socket: Socket) => void;
  readonly #directory: AsyncDisposable;
  #server: Server = createServer();

  private constructor(directory: AsyncDisposable & { readonly path: string }, serve: (socket: Socket) => void) {
    this.#directory = directory;
    this.#serve = serve;
    this.endpoint = { kind: 'unix', directory: directory.path, name: 'db.sock' };
  }

  static async open(serve: (socket: Socket) => void = echoAll): Promise<FakeDatabase> {
    const database = new FakeDatabase(await temporaryDirectory('fake'), serve);
    await database.listen();
    return database;
  }

  async listen(): Promise<void> {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.push(socket);
      socket.on('error', () => socket.destroy());
      this.#serve(socket);
    });
    this.#server.listen(path.join(this.endpoint.directory, this.endpoint.name));
    await once(this.#server, 'listening');
  }

  /** Nobody listens any more; open connections go on. */
  async leave(): Promise<void> {
    this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    await this.#directory[Symbol.asyncDispose]();
  }
}

export function echoAll(socket: Socket): void {
  socket.pipe(socket, { end: false });
  socket.on('end', () => socket.end(' and goodbye'));
}

export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

/** Whether somebody listens there. */
export async function canDial(port: number): Promise<boolean> {
  const socket = dial({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
