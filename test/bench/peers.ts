/** The peers: what a person would do without us, `docker run` with a published port. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { freePort } from '../support/ports.ts';
import { run } from '../support/run.ts';
import { firstPostgresqlQuery, firstRedisQuery } from './first-query.ts';
import type { Login } from './first-query.ts';

export type Family = 'postgresql' | 'redis';

const PEER_DIRECTORY = path.join(import.meta.dirname, 'peer');
const PORTS = { postgresql: 5432, redis: 6379 };
/** Of this process: another benchmark on this machine makes and removes its own. */
const image = (family: Family): string => `dbmaker-bench/${family}:${process.pid}`;

/** A bridge of our own: docker0 may be missing, or be busy with other things. */
const NETWORK = `dbmaker-bench-${process.pid}`;

/** Made of our images, so that the programs are the very same; only the way to start them differs. Needs no network. */
export async function buildPeers(): Promise<void> {
  await docker(['network', 'create', NETWORK]);
  for (const family of ['postgresql', 'redis'] as const) {
    await run('docker', ['build', '-q', '-t', image(family), '-f', path.join(PEER_DIRECTORY, `${family}.Dockerfile`), PEER_DIRECTORY], { timeoutMs: 120_000 });
  }
}

export async function removePeers(): Promise<void> {
  await run('docker', ['rmi', '-f', image('postgresql'), image('redis')]).catch(() => '');
  await docker(['network', 'rm', NETWORK]);
}

export interface Peer extends AsyncDisposable {
  readonly login: Login;
  /** Polls until the first query is answered. */
  firstQuery(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** `docker run`, detached, with a published port on the loopback. */
export async function runPeer(family: Family): Promise<Peer> {
  const port = await freePort();
  const name = `dbmaker-bench-${randomBytes(4).toString('hex')}`;
  const login = { host: '127.0.0.1', port, username: family === 'redis' ? 'default' : 'bench', password: 'bench', database: 'bench' };
  const environment = family === 'postgresql' ? ['POSTGRES_USER=bench', 'POSTGRES_PASSWORD=bench', 'POSTGRES_DB=bench'] : ['REDIS_PASSWORD=bench'];
  const remove = (): Promise<void> => docker(['rm', '-f', '-v', name]);
  await docker(['run', '-d', '--name', name, '--network', NETWORK, '-p', `127.0.0.1:${port}:${PORTS[family]}`, ...environment.flatMap((one) => ['-e', one]), image(family)]).catch(async (error: unknown) => {
    await remove(); // it may have been made and not started
    throw error;
  });
  return {
    login,
    firstQuery: () => (family === 'postgresql' ? firstPostgresqlQuery(login) : firstRedisQuery(login)),
    stop: () => docker(['stop', name]),
    start: () => docker(['start', name]),
    [Symbol.asyncDispose]: remove,
  };
}

async function docker(argv: readonly string[]): Promise<void> {
  await run('docker', argv);
}
