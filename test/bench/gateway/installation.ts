import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { ConnectionView } from '../../../src/api/schemas/instance.ts';
import { startServer } from '../../support/server.ts';
import type { ServerOptions, TestServer } from '../../support/server.ts';
import type { Family } from '../peers.ts';
import type { Target } from './ways.ts';

export interface Installation extends AsyncDisposable {
  readonly server: TestServer;
  readonly sharedPorts: Readonly<Record<Family, number>>;
}

/** The server as it ships; only without quotas and limits, which one machine that plays many clients would meet. */
export async function install(options: ServerOptions): Promise<Installation> {
  const limits = ['CONNECTIONS_PER_SOURCE', 'HANDSHAKES_PER_SOURCE', 'CONNECTIONS_PER_DATABASE', 'HANDSHAKES_PER_DATABASE'].map((name) => [`DBMAKER_LIMIT_${name}`, '1000000']);
  const server = await startServer({
    ...options,
    env: {
      DBMAKER_LOG_LEVEL: 'info', DBMAKER_QUOTA_INSTANCES: '100', DBMAKER_QUOTA_MEMORY_MB: '1000000', DBMAKER_QUOTA_CPUS: '1000',
      ...(Object.fromEntries(limits) as Record<string, string>), ...options.env,
    },
  });
  return { server, sharedPorts: { postgresql: server.gateway.postgresql, redis: server.gateway.redis }, [Symbol.asyncDispose]: () => server.dispose() };
}

export interface Place {
  readonly id: string;
  readonly hostname: string;
  /** Straight to its socket, and by its own port. */
  readonly socket: Target;
  readonly direct: Target;
}

/** A database that no quota slows down: what is measured is the way to it. @throws Error when it cannot be made */
export async function makeInstance(server: TestServer, family: Family, name = `bench-${family}`): Promise<Place> {
  const resources = { memory: '1GB', cpus: Math.min(32, availableParallelism()) };
  const made = await server.api<{ id: string; hostname: string }>('POST', '/api/containers', { template: family, name, resources }, { prefer: 'wait=60' });
  if (made.status !== 201) throw new Error(`POST said ${made.status}: ${JSON.stringify(made.body)}`);
  const { id, hostname } = made.body;
  const { body } = await server.api<ConnectionView>('GET', `/api/containers/${id}/connection`);
  const { username, password, database, directPort } = body;
  const login = { username, password, database, servername: null };
  const run = path.join(server.home, 'instances', id, 'run');
  const file = (await readdir(run)).find((one) => one === 'redis.sock' || /^\.s\.PGSQL\.\d+$/.test(one));
  if (file === undefined) throw new Error(`There is no socket in ${run}`);
  return {
    id, hostname,
    socket: { ...login, host: run, port: Number(/\d+$/.exec(file)?.[0] ?? 0), socket: path.join(run, file) },
    direct: { ...login, host: '127.0.0.1', port: directPort, socket: null },
  };
}
