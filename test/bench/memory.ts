import { setTimeout as pause } from 'node:timers/promises';
import type { TestServer } from '../support/server.ts';
import type { Figure } from './figure.ts';
import { residentMegabytes } from './processes.ts';
import { quantile } from './statistics.ts';

const INSTANCES = 50;
const AT_ONCE = 4;
const SETTLE_MS = 20_000;

/** Resident memory of the server while 50 instances run and nobody asks it anything: the median of ten looks, one a second. */
export async function idleMemory(server: TestServer, limit: number): Promise<Figure> {
  const waiting = Array.from({ length: INSTANCES }, (_, index) => `idle-${index + 1}`);
  const worker = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const answer = await server.api('POST', '/api/containers', { template: 'redis', name, resources: { memory: '64MB', cpus: 0.1 } }, { prefer: 'wait=60' });
      if (answer.status !== 201) throw new Error(`POST said ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await pause(SETTLE_MS);
  const looks: number[] = [];
  for (let look = 0; look < 10; look += 1) {
    looks.push(await residentMegabytes([server.pid ?? 0]));
    await pause(1000);
  }
  return { what: `control plane memory (RSS), idle with ${INSTANCES} instances`, ours: quantile(looks, 0.5), peer: null, unit: 'MB', limit, detail: { looks } };
}
