/** One event for thousands who listen: when the last one has it, and what they cost. */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestServer } from '../../support/server.ts';
import { waitFor } from '../../support/wait.ts';
import type { Figure } from '../figure.ts';
import { hold } from '../gateway/load-client.ts';
import { allowedOpenFiles } from '../gateway/open-files.ts';
import { option } from '../options.ts';
import { cpuMs, residentMegabytes } from '../processes.ts';
import { quantile } from '../statistics.ts';
import { stopping } from '../stop.ts';
import { eachOf, startWithoutQuotas } from './instances.ts';
import type { Heard, StreamsTask } from './load/streams.ts';
import { monotonicMs } from './monotonic.ts';

const WANTED_FILES = 20_000;
/** Of the server beside its streams. */
const OWN_FILES = 500;
/** As many as one person may have. */
const STREAMS_OF_ONE = 50;
const EVENTS = 5;
const SETTLE_MS = 5_000;
const LIMITS = { deliveredMs: 500, megabytes: 300 };

export async function manyStreams(): Promise<Figure[]> {
  const openFiles = await allowedOpenFiles(WANTED_FILES);
  const streams = Math.min(option('connections', 5000), openFiles - OWN_FILES);
  await using server = await startWithoutQuotas('process', ['prlimit', `--nofile=${openFiles}:${openFiles}`]);
  const ofServer = [server.pid ?? 0];
  const made = await server.api<{ id: string }>('POST', '/api/containers', { template: 'redis', name: 'round-0' }, { prefer: 'wait=60' });
  const tokens = await admins(server, Math.ceil(streams / STREAMS_OF_ONE));
  const alone = await residentMegabytes(ofServer);
  const opening = performance.now();
  await using clients = await hold(path.join(import.meta.dirname, 'load', 'streams'), { port: Number(new URL(server.url).port), tokens, streams } satisfies StreamsTask, { timeoutMs: 180_000, openFiles });
  const openedMs = performance.now() - opening;
  await pause(SETTLE_MS);
  const looks = [await residentMegabytes(ofServer)];
  const rounds: Record<string, number>[] = [];
  for (let round = 1; round <= EVENTS; round += 1) {
    stopping.throwIfAborted();
    const cpu = await cpuMs(ofServer);
    const asked = monotonicMs();
    const changed = await server.api('PATCH', `/api/containers/${made.body.id}`, { name: `round-${round}` });
    const answered = monotonicMs();
    if (changed.status !== 200) throw new Error(`PATCH said ${changed.status}`);
    const heard = await heardOf(clients.output, round);
    rounds.push({ answered: answered - asked, first: heard.first - asked, half: heard.half - asked, last: heard.last - asked, serverCpuMs: (await cpuMs(ofServer)) - cpu });
    looks.push(await residentMegabytes(ofServer));
    await pause(2000);
    looks.push(await residentMegabytes(ofServer));
  }
  if (clients.output().includes('failed')) throw new Error(`A stream was closed: ${clients.output()}`);
  const what = `one event to ${streams} SSE clients of one process`;
  const detail = {
    openFilesOfAProcess: openFiles, people: tokens.length, openedMs, rounds, looks, residentAlone: alone,
    measured: 'milliseconds from just before the PATCH until a process with all the clients has read all of the event on the last of them (its own work included), by CLOCK_MONOTONIC, which the processes share; '
      + 'RSS: the highest of looks at rest, right after each event and 2 s later',
  };
  return [
    { what: `${what}: the last one has it, median of ${EVENTS}`, ours: quantile(rounds.map(({ last = Infinity }) => last), 0.5), peer: null, unit: 'ms', limit: LIMITS.deliveredMs, detail },
    { what: `${streams} SSE clients of one process: memory (RSS)`, ours: Math.max(...looks), peer: null, unit: 'MB', limit: LIMITS.megabytes, detail },
  ];
}

/** Tokens of so many admins: they may hear of everybody's. */
function admins(server: TestServer, count: number): Promise<string[]> {
  return eachOf(Array.from({ length: count }, (_, index) => `watcher-${index + 1}`), async (username) => {
    const user = await server.api<{ id: string }>('POST', '/api/users', { username, role: 'admin' });
    const token = await server.api<{ token: string }>('POST', `/api/users/${user.body.id}/tokens`, { name: 'watch', scopes: ['admin'] });
    if (token.status !== 201) throw new Error(`A token could not be made: ${JSON.stringify([user.body, token.status])}`);
    return token.body.token;
  });
}

async function heardOf(output: () => string, round: number): Promise<Heard> {
  const line = await waitFor(() => new RegExp(`^\\{"round":${round},.*\\}$`, 'm').exec(output())?.[0], {
    what: `all clients to hear event ${round}`, timeoutMs: 30_000, intervalMs: 20, explain: () => output().slice(-1000),
  });
  return JSON.parse(line) as Heard;
}
