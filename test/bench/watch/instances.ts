/** Many databases at once, made and removed through the API. */
import type { InstanceView } from '../../../src/api/schemas/instance.ts';
import { startServer } from '../../support/server.ts';
import type { TestServer } from '../../support/server.ts';
import { waitFor } from '../../support/wait.ts';
import { stopping } from '../stop.ts';

/** Docker makes two cores busy with as many. */
const AT_ONCE = 4;

/** More than a test server is given: where an installation on this machine would come last, and no test at all. Each is looked at before it is taken. */
const PORTS = '15000-19999';

/** The server as it ships, only without quotas. */
export function startWithoutQuotas(runtime: 'docker' | 'process', through: readonly string[] = []): Promise<TestServer> {
  const quota = { DBMAKER_QUOTA_INSTANCES: '100000', DBMAKER_QUOTA_MEMORY_MB: '100000000', DBMAKER_QUOTA_CPUS: '1000000' };
  return startServer({ runtime, through, env: { DBMAKER_LOG_LEVEL: 'info', DBMAKER_PORT_RANGE: PORTS, ...quota } });
}

/** `work` on each, a few at a time, in the order of `items`; ends with the first failure. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>, atOnce = AT_ONCE): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let index = next++; index < items.length; index = next++) {
      stopping.throwIfAborted();
      results[index] = await work(items[index] as T, index);
    }
  }));
  return results;
}

/** Small Redis databases that run. @returns their ids */
export function makeInstances(server: TestServer, count: number, cpus: number): Promise<string[]> {
  return eachOf(Array.from({ length: count }, (_, index) => `watched-${index + 1}`), async (name) => {
    const body = { template: 'redis', name, resources: { memory: '64MB', cpus }, keep: true, sleepAfter: 'never' };
    const answer = await server.api<{ id: string }>('POST', '/api/containers', body, { prefer: 'wait=110' });
    if (answer.status !== 201) throw new Error(`POST said ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  });
}

export async function listAll(server: TestServer): Promise<InstanceView[]> {
  const found: InstanceView[] = [];
  for (let cursor = '', more = true; more;) {
    const { body } = await server.api<{ items: InstanceView[]; next: string | null }>('GET', `/api/containers?limit=200${cursor}`);
    found.push(...body.items);
    more = body.next !== null;
    cursor = `&cursor=${encodeURIComponent(body.next ?? '')}`;
  }
  return found;
}

/** Asks for the end of all of them and waits for it: the dispose of a test server is made for a handful. */
export async function removeAll(server: TestServer): Promise<void> {
  const all = await listAll(server);
  await Promise.all(all.map(({ id }) => server.api('DELETE', `/api/containers/${id}?backup=false`)));
  await waitFor(async () => (await server.api<{ items: unknown[] }>('GET', '/api/containers?limit=1')).body.items.length === 0, {
    what: `${all.length} databases to be deleted`, timeoutMs: 30_000 + all.length * 2000, intervalMs: 500,
  });
}
