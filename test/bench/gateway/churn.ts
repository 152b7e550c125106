/** Row 8: whether short connections leave something behind. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { listenersOf, residentMegabytes } from '../processes.ts';
import { median } from '../statistics.ts';
import { stopping } from '../stop.ts';
import { install, makeInstance } from './installation.ts';
import { load } from './load-client.ts';
import type { ShortAnswer, ShortTask } from './load/short-connections.ts';

/** After how many memory is looked at for the first time: what grows to its usual size has done so by then. */
const FIRST = 100_000;
const STEP = 50_000;
/** Of garbage that happens not to be collected yet. */
const NOISE = 1.1;

export async function shortConnections(): Promise<Figure[]> {
  const connections = option('connections', 200_000);
  const first = Math.min(FIRST, connections / 2);
  await using installation = await install({ runtime: 'process' });
  const place = await makeInstance(installation.server, 'redis');
  const gateway = await listenersOf(place.direct.port);
  const sharedPort = installation.sharedPorts.redis;
  const tls = (await listenersOf(sharedPort)).length > 0 ? { port: sharedPort, servername: place.hostname } : null;
  const { port, username, password } = place.direct;

  const sizes: { after: number; megabytes: number }[] = [{ after: 0, megabytes: await resting(gateway) }];
  for (let done = 0; done < connections;) {
    stopping.throwIfAborted();
    const now = Math.min(STEP, connections - done, done < first ? first - done : connections);
    const { failed, lastFailure } = await load<ShortAnswer>('short-connections', { port, tls, username, password, connections: now, concurrency: 32, addresses: 100 } satisfies ShortTask, { timeoutMs: 600_000 });
    if (failed > now / 1000) throw new Error(`${failed} of ${now} connections failed: ${lastFailure}`);
    done += now;
    sizes.push({ after: done, megabytes: await resting(gateway) });
  }
  const size = (after: number): number => sizes.find((one) => one.after === after)?.megabytes ?? NaN;
  const detail = { sizes, tls: tls === null ? 'none of them' : 'every tenth', peerIs: `the same process after ${first}` };
  return [{ what: `memory (RSS) after ${connections} short connections / after ${first}`, ours: size(connections), peer: size(first), unit: 'MB', limit: NOISE, detail }];
}

/** With nothing open, the median of five looks. */
async function resting(pids: readonly number[]): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 5; look += 1) {
    await pause(400);
    looks.push(await residentMegabytes(pids));
  }
  return median(looks);
}
