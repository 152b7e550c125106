import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { Endpoint } from '../../src/domain/endpoint.ts';
import type { Desired, Phase } from '../../src/domain/instance/instance.ts';
import type { Store } from '../../src/domain/ports/store.ts';
import { PortGateway } from '../../src/gateway/port-gateway.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createSignals } from '../../src/main/signals.ts';
import { createConnect } from '../../src/net/connect.ts';
import { openStore } from '../../src/store/index.ts';
import { freePort } from '../support/ports.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent };

test('bytes pass both ways, and a half-close reaches the other side before its last answer comes back', async () => {
  await using house = await House.open();
  await house.instance('running');
  const client = dial({ port: house.port, host: '127.0.0.1', allowHalfOpen: true });
  client.end('hello');
  assert.equal(await readAll(client), 'hello and goodbye');
});

test('a client that never reads 50 MB holds only the buffers of the sockets', async () => {
  await using house = await House.open((socket) => socket.write(Buffer.alloc(50 * 1024 * 1024, 1)));
  await house.instance('running');
  const before = process.memoryUsage().arrayBuffers;
  const client = dial({ port: house.port, host: '127.0.0.1' });
  await once(client, 'connect');
  client.pause();
  const sent = await waitFor(() => { const [upstream] = house.upstreams; return upstream !== undefined && upstream.bytesWritten > 0 ? upstream : null; }, { timeoutMs: 5000, what: 'the instance to send' });
  await waitFor(() => sent.writableLength > 30 * 1024 * 1024, { timeoutMs: 5000, what: 'the sender to be held back' });
  // The 50 MB are the sender's own buffer in this process; what the gateway holds comes on top of it.
  assert.ok(process.memoryUsage().arrayBuffers - before < 60 * 1024 * 1024);
  client.destroy();
  await waitFor(() => sent.destroyed, { timeoutMs: 5000, what: 'the instance to be told that the client is gone' });
});

test('fifty connections at once wake a sleeping instance once, and all go through', async () => {
  await using house = await House.open();
  const id = await house.instance('sleeping');
  const clients = Array.from({ length: 50 }, () => dial({ port: house.port, host: '127.0.0.1', allowHalfOpen: true }).end('x'));
  const answers = Promise.all(clients.map(readAll));
  await waitFor(async () => (await house.store.instances.get(id))?.spec.desired === 'running', { timeoutMs: 5000, what: 'the wish to wake' });
  await house.report(id, 'running');
  assert.deepEqual(new Set(await answers), new Set(['x and goodbye']));
  const woken = (await house.store.events.list({ instanceId: id }, { limit: 100 })).filter((event) => event.type === 'instance.waking');
  assert.equal(woken.length, 1);
});

test('what a person stopped is not woken: the connection ends', async () => {
  await using house = await House.open();
  const id = await house.instance('stopped');
  assert.equal(await readAll(dial({ port: house.port, host: '127.0.0.1' })), '');
  assert.equal((await house.store.instances.get(id))?.spec.desired, 'stopped');
});

test('a database that is tried again only in a quarter of an hour keeps nobody waiting: the connection ends at once', async () => {
  await using house = await House.open();
  const id = await house.instance('running');
  await house.report(id, 'failed', Date.now() + 900_000);
  const began = performance.now();
  assert.equal(await readAll(dial({ port: house.port, host: '127.0.0.1' })), '');
  assert.ok(performance.now() - began < 5_000, 'it waited out its deadline of 10 s');
});

test('a deleted instance has no listener any more, and a new one gets its own without a restart', async () => {
  await using house = await House.open();
  const id = await house.instance('running');
  await house.store.instances.change(id, { desired: 'deleted' });
  await house.gateway.update(id);
  await assert.rejects(once(dial({ port: house.port, host: '127.0.0.1' }), 'connect'), { code: 'ECONNREFUSED' });
});

test('an instance that is being restarted is waited for', async () => {
  await using house = await House.open();
  const id = await house.instance('running');
  await new Promise((resolve) => house.server.close(resolve));
  const answer = readAll(dial({ port: house.port, host: '127.0.0.1', allowHalfOpen: true }).end('late'));
  await house.listen();
  await house.report(id, 'running');
  assert.equal(await answer, 'late and goodbye');
});

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  socket.destroy();
  return Buffer.concat(chunks).toString();
}

/** A gateway before one instance whose "database" answers with what it got. */
class House implements AsyncDisposable {
  readonly store: Store;
  readonly port: number;
  readonly gateway: PortGateway;
  readonly upstreams: Socket[] = [];
  server: Server;
  readonly #signals = createSignals();
  readonly #directory: AsyncDisposable & { readonly path: string };
  readonly #serve: (socket: Socket) => void;

  private constructor(store: Store, port: number, directory: AsyncDisposable & { readonly path: string }, serve: (socket: Socket) => void) {
    this.store = store;
    this.port = port;
    this.#directory = directory;
    this.#serve = serve;
    this.server = createServer();
    this.gateway = new PortGateway({
      store,
      connect: createConnect(),
      clock: systemClock,
      log: silent,
      settings: { bind: '127.0.0.1', refreshMs: 60_000, retryMs: 60_000, wakeDeadlineMs: 10_000 },
      onReport: (id, callback) => this.#signals.status.onReport(id, callback),
      changed: () => undefined,
    });
  }

  static async open(serve: (socket: Socket) => void = echoAll): Promise<House> {
    const directory = await temporaryDirectory('gateway');
    const store = await openStore({ home: directory.path, databaseUrl: null, clock: systemClock });
    await store.users.create({ id: 'u', username: 'alice', displayName: 'Alice', email: null, role: 'user', quota: { instances: 9, memoryBytes: 1e12, cpus: 99 } });
    const house = new House(store, await freePort(), directory, serve);
    await house.listen();
    return house;
  }

  async listen(): Promise<void> {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.upstreams.push(socket);
      socket.on('error', () => socket.destroy());
      this.#serve(socket);
    });
    await new Promise<void>((resolve) => this.server.listen(path.join(this.#directory.path, 'db.sock'), resolve));
  }

  /** Makes the instance in the given state and starts the gateway before it. */
  async instance(state: 'running' | 'sleeping' | 'stopped'): Promise<string> {
    const id = 'iaaaaaaaaaaa';
    await this.store.ports.reserve({ from: this.port, to: this.port }, 60_000);
    const template = { name: 'PostgreSQL', type: 'postgresql', image: 'x', defaultPort: 5432, connectionStringTemplate: 'x' };
    const spec = { desired: state as Desired, template, resources: { memoryBytes: 1e8, cpus: 1, pids: 50 }, username: 'alice', database: 'db', sleepAfterMs: null, removeAfterMs: null };
    await this.store.instances.create({ id, ownerId: 'u', ownerName: 'alice', name: 'db', templateKey: 'postgresql', type: 'postgresql', engine: 'postgresql', slug: 'alice-postgresql-abcd', port: this.port, spec, secrets: { password: 'x', nextPassword: null } });
    await this.report(id, state);
    await this.gateway.start();
    await waitFor(() => canDial(this.port), { timeoutMs: 5000, what: 'the listener' });
    this.upstreams.length = 0;
    return id;
  }

  async report(id: string, phase: Phase, nextTryAt: number | null = null): Promise<void> {
    const lease = await this.store.instances.acquireLease(id, 'test', 60_000);
    assert.ok(lease);
    const endpoint: Endpoint = { kind: 'unix', directory: this.#directory.path, name: 'db.sock' };
    await this.store.instances.report(lease, { phase, endpoint: phase === 'running' ? endpoint : null, nextTryAt });
    await this.store.instances.releaseLease(lease);
    this.#signals.reported(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close(0);
    for (const socket of this.upstreams) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await this.store.close();
    await this.#directory[Symbol.asyncDispose]();
  }
}

function echoAll(socket: Socket): void {
  socket.pipe(socket, { end: false });
  socket.on('end', () => socket.end(' and goodbye'));
}

/** Whether somebody listens there. */
async function canDial(port: number): Promise<boolean> {
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
