/** Row 6: how long a person waits whose database slept. PostgreSQL under Docker. */
import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';
import type { TestServer } from '../../support/server.ts';
import { waitFor } from '../../support/wait.ts';
import { withPostgresql } from '../../support/clients.ts';
import type { Login } from '../../support/clients.ts';
import { execute } from '../execute.ts';
import type { Figure } from '../figure.ts';
import { firstPostgresqlQuery } from '../first-query.ts';
import { option } from '../options.ts';
import { elapsed, inTurns, median, quantile } from '../statistics.ts';
import { install, makeInstance } from './installation.ts';
import type { Place } from './installation.ts';
import { makeTwin } from './twin.ts';

const ROUNDS = 10;

/** One connection, made while it sleeps, to the answer of its first query. */
const query = (login: Login): Promise<unknown> => withPostgresql(login, (client) => client.query('SELECT 1'));

export async function wake(): Promise<Figure[]> {
  await using installation = await install({ runtime: 'docker' });
  const { server } = installation;
  const place = await makeInstance(server, 'postgresql');
  await query(place.direct);
  return [await fromPaused(server, place), await fromStopped(server, place)];
}

async function fromPaused(server: TestServer, place: Place): Promise<Figure> {
  const values = await inTurns(2 * option('rounds', ROUNDS), ['paused', 'awake'], async (way) => {
    if (way === 'paused') {
      await sleep(server, place.id);
      if ((await stateOf(place.id)) !== 'paused') throw new Error('It was put to sleep and is not paused');
    }
    return elapsed(() => query(place.direct));
  });
  const detail = { ...values, awake_is: 'the same client while it is awake: login and query' };
  return { what: 'PostgreSQL, wake from paused to first query, p50', ours: median(values.paused), peer: null, unit: 'ms', limit: 60, detail, beside: { 'awake already': median(values.awake), 'p90': quantile(values.paused, 0.9) } };
}

async function fromStopped(server: TestServer, place: Place): Promise<Figure> {
  await fallAsleepForGood(server, place.id);
  await using twin = await makeTwin(place.id, path.join(server.home, 'instances', place.id));
  const twinLogin = { ...place.socket, host: twin.runDirectory };
  const values = await inTurns(option('rounds', ROUNDS), ['gateway', 'docker start'], async (way) => {
    if (way === 'gateway') {
      await fallAsleepForGood(server, place.id);
      return elapsed(() => query(place.direct));
    }
    await execute('docker', ['stop', twin.name]);
    return elapsed(async () => {
      await execute('docker', ['start', twin.name]);
      await firstPostgresqlQuery(twinLogin);
    });
  });
  const detail = { ...values, peer_is: 'docker start of a container with the same options and a copy of the data, then its socket is asked every 5 ms' };
  return { what: 'PostgreSQL, wake from stopped to first query, p50 / docker start', ours: median(values.gateway), peer: median(values['docker start']), unit: 'ms', limit: 1.15, detail };
}

async function sleep(server: TestServer, id: string): Promise<void> {
  const answer = await server.api<{ status: string }>('POST', `/api/containers/${id}/sleep`, undefined, { prefer: 'wait=60' });
  if (answer.body.status !== 'sleeping') throw new Error(`sleep said ${answer.status}: ${JSON.stringify(answer.body)}`);
}

/** First frozen, then stopped; the ten minutes between the two are over at once. */
async function fallAsleepForGood(server: TestServer, id: string): Promise<void> {
  await sleep(server, id);
  const database = new DatabaseSync(path.join(server.home, 'dbmaker.sqlite'), { timeout: 5000 });
  try {
    database.prepare('UPDATE instances SET next_try_at = 1 WHERE id = ? AND next_try_at IS NOT NULL').run(id);
  } finally {
    database.close();
  }
  await sleep(server, id); // has it looked at
  await waitFor(async () => (await stateOf(id)) === 'exited', { what: 'the sleeping container to be stopped', timeoutMs: 40_000, intervalMs: 50 });
  // The report follows the stop.
  await waitFor(async () => (await server.api<{ nextTryAt: string | null }>('GET', `/api/containers/${id}`)).body.nextTryAt === null, { what: 'the stop to be written down' });
}

async function stateOf(id: string): Promise<string> {
  return (await execute('docker', ['ps', '-a', '--filter', `label=dbmaker.instance=${id}`, '--format', '{{.State}}'])).trim();
}
