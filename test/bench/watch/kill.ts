/** How soon a client of the live stream hears that a container was killed by hand. */
import { EventClient } from '../../support/event-source.ts';
import type { Message } from '../../support/event-source.ts';
import { execute } from '../execute.ts';
import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { quantile } from '../statistics.ts';
import { makeInstances, removeAll, startWithoutQuotas } from './instances.ts';

/** Of one of them: five unasked ends within ten minutes are a crash loop, which is left alone. */
const KILLS_OF_ONE = 3;
const LIMIT_MS = 300;

export async function killToEvent(): Promise<Figure[]> {
  const count = option('instances', 50);
  await using server = await startWithoutQuotas('docker');
  try {
    const ids = await makeInstances(server, count, 0.5);
    using client = await EventClient.open(`${server.url}/events/containers`, await server.adminToken());
    await client.until('the snapshot', ({ messages }) => messages.some(({ data }) => data['done'] === true));
    const times: number[] = [];
    const byDocker: number[] = [];
    const untilItRuns: number[] = [];
    for (let round = 0; round < KILLS_OF_ONE; round += 1) {
      for (const id of ids) {
        const { told, docker, runs } = await kill(client, id);
        times.push(told);
        byDocker.push(docker);
        untilItRuns.push(runs);
      }
    }
    const detail = {
      measured: 'SIGKILL to the main process of a Redis container, by its pid on the host, until instance.crashed has been read; one after the other, each once the last one ran again',
      ...spread(times), killToDieEventOfDocker: spread(byDocker), ours: spread(times.map((time, index) => time - (byDocker[index] ?? 0))), killToRunningAgain: spread(untilItRuns),
    };
    const what = `kill of a container to the event at an SSE client, ${count} instances, p99 of ${times.length}`;
    return [{ what, ours: quantile(times, 0.99), peer: null, unit: 'ms', limit: LIMIT_MS, detail }];
  } finally {
    await removeAll(server);
  }
}

const spread = (times: readonly number[]): object => ({ p50: quantile(times, 0.5), p95: quantile(times, 0.95), p99: quantile(times, 0.99), max: quantile(times, 1), times });

/** Milliseconds from the kill until it is told, until Docker (by its own clock) said so, and until it runs again. */
async function kill(client: EventClient, id: string): Promise<{ told: number; docker: number; runs: number }> {
  const pid = Number(await execute('docker', ['inspect', '--format', '{{.State.Pid}}', `dbmaker-${id}`]));
  if (!(pid > 1)) throw new Error(`dbmaker-${id} does not run`);
  const before = client.messages.length;
  const find = (type: string): Message | undefined =>
    client.messages.slice(before).find(({ data }) => data['containerId'] === id && data['type'] === type);
  const [killed, killedAt] = [performance.now(), Date.now()];
  process.kill(pid, 'SIGKILL');
  await client.until(`the end of ${id}`, () => find('instance.crashed') !== undefined, 30_000);
  await client.until(`${id} to run again`, () => find('instance.running') !== undefined, 60_000);
  return {
    told: (find('instance.crashed')?.at ?? Infinity) - killed,
    docker: (await dieEventAt(id, killedAt)) - killedAt,
    runs: (find('instance.running')?.at ?? Infinity) - killed,
  };
}

/** Milliseconds since 1970. */
async function dieEventAt(id: string, since: number): Promise<number> {
  const filters = ['event=die', `container=dbmaker-${id}`].flatMap((filter) => ['--filter', filter]);
  const seconds = (ms: number): string => (ms / 1000).toFixed(3);
  const [line = ''] = (await execute('docker', ['events', '--since', seconds(since), '--until', seconds(Date.now()), ...filters, '--format', '{{.TimeNano}}'])).split('\n');
  if (!/^\d+$/.test(line)) throw new Error(`Docker tells of no end of ${id}`);
  return Number(line) / 1e6;
}
