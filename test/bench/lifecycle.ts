import type { TestServer } from '../support/server.ts';
import type { Figure } from './figure.ts';
import { firstPostgresqlQuery, firstRedisQuery } from './first-query.ts';
import type { Login } from './first-query.ts';
import { runPeer } from './peers.ts';
import type { Family } from './peers.ts';
import { elapsed, interleaved, quantile } from './statistics.ts';

const ROUNDS = 10;
let made = 0;

async function create(server: TestServer, template: Family): Promise<string> {
  made += 1;
  const answer = await server.api<{ id: string }>('POST', '/api/containers', { template, name: `bench-${made}` }, { prefer: 'wait=60' });
  if (answer.status !== 201) throw new Error(`POST said ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body.id;
}

async function query(server: TestServer, family: Family, id: string): Promise<void> {
  const { body } = await server.api<Login>('GET', `/api/containers/${id}/connection`);
  await (family === 'postgresql' ? firstPostgresqlQuery(body) : firstRedisQuery(body));
}

const remove = (server: TestServer, id: string): Promise<unknown> => server.api('DELETE', `/api/containers/${id}?backup=false`, undefined, { prefer: 'wait=60' });

/** POST to the first successful query, against `docker run` to the first query. */
export async function createToFirstQuery(server: TestServer, family: Family, limit: number): Promise<Figure> {
  const ours = async (): Promise<number> => {
    let id = '';
    const took = await elapsed(async () => {
      id = await create(server, family);
      await query(server, family, id);
    });
    await remove(server, id);
    return took;
  };
  const peer = async (): Promise<number> => {
    const started = performance.now();
    await using container = await runPeer(family);
    await container.firstQuery();
    return performance.now() - started;
  };
  const times = await interleaved(ROUNDS, ours, peer);
  const label = family === 'redis' ? 'Redis' : 'PostgreSQL';
  return { what: `${label} create to first query, p50`, ours: quantile(times.ours, 0.5), peer: quantile(times.peer, 0.5), unit: 'ms', limit, detail: { ...times, peer_is: 'docker run with a published port' } };
}

/** From the start of a stopped one to the first successful query, against `docker start`. */
export async function startToFirstQuery(server: TestServer, limit: number): Promise<Figure> {
  const id = await create(server, 'postgresql');
  await using container = await runPeer('postgresql');
  await query(server, 'postgresql', id);
  await container.firstQuery();
  const ours = async (): Promise<number> => {
    await expectStatus(server, id, 'stop', 'stopped');
    return elapsed(async () => {
      await expectStatus(server, id, 'start', 'running');
      await query(server, 'postgresql', id);
    });
  };
  const peer = async (): Promise<number> => {
    await container.stop();
    return elapsed(async () => {
      await container.start();
      await container.firstQuery();
    });
  };
  const times = await interleaved(ROUNDS, ours, peer);
  await remove(server, id);
  return { what: 'PostgreSQL stopped: start to first query, p50', ours: quantile(times.ours, 0.5), peer: quantile(times.peer, 0.5), unit: 'ms', limit, detail: { ...times, peer_is: 'docker start with a published port' } };
}

async function expectStatus(server: TestServer, id: string, action: string, status: string): Promise<void> {
  const answer = await server.api<{ status: string }>('POST', `/api/containers/${id}/${action}`, undefined, { prefer: 'wait=60' });
  if (answer.status >= 300 || answer.body.status !== status) throw new Error(`${action} said ${answer.status}: ${JSON.stringify(answer.body)}`);
}
