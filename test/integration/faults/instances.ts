/** What befalls single databases, the same on every runtime: each fault is named in words, and nothing is lost. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceView } from '../../../src/api/schemas/instance.ts';
import { read, withRedis, write } from '../../support/clients.ts';
import type { Family } from '../../support/clients.ts';
import { admin, makePerson } from '../../support/person.ts';
import type { Person } from '../../support/person.ts';
import { run } from '../../support/run.ts';
import { startServer } from '../../support/server.ts';
import type { TestServer } from '../../support/server.ts';
import { waitFor } from '../../support/wait.ts';
import { allContainers, allProcesses, processesIn } from '../../support/world.ts';

type RuntimeName = 'docker' | 'process';
const MEMORY: Record<Family, string> = { postgresql: '128MB', redis: '32MB' };
const FAMILIES = ['postgresql', 'redis'] as const;

export interface Scene {
  readonly runtime: RuntimeName;
  readonly server: TestServer;
  readonly ann: Person;
}

/** One server, the faults side by side; `more`: those that only this runtime knows. */
export async function instanceFaults(t: TestContext, runtime: RuntimeName, more: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {}): Promise<void> {
  await using server = await startServer({ runtime });
  const scene: Scene = { runtime, server, ann: await makePerson(server, 'ann', { instances: 100, memoryBytes: 2 ** 40, cpus: 1000 }) };
  const faults = {
    'a database that is killed comes back with its data within seconds': killed,
    'a database whose data directory is gone is not started empty, and runs again once it is back': dataGone,
    'a database that outgrows its memory says so, and with more memory nothing is lost': outOfMemory,
    'a database that ends at once says why, is tried again less and less often, and can be deleted': endsAtOnce,
    'no password and no token is in a log, a command line or a file of ours': secretsStaySecret,
    ...more,
  };
  await Promise.all(Object.entries(faults).map(([name, fault]) => t.test(name, () => fault(scene))));
  assert.deepEqual((await scene.ann.list()).filter(({ desired }) => desired === 'deleted'), []);
}

/** Creates one, with a number in it. */
export async function withData({ ann }: Scene, family: Family, name: string) {
  const view = await ann.create({ template: family, name, resources: { memory: MEMORY[family], cpus: 0.5 } });
  const login = await ann.connection(view.id);
  await write(family, login, 1);
  return { id: view.id, view, login };
}

const directoryOf = ({ server }: Scene, id: string): string => path.join(server.home, 'instances', id);

/** Finds its first process; what is returned kills it (-9), behind our back. */
async function killer(scene: Scene, id: string): Promise<() => Promise<void>> {
  if (scene.runtime === 'docker') return async () => { await run('docker', ['kill', `dbmaker-${id}`]); };
  const own = await processesIn(directoryOf(scene, id));
  const pids = new Set(own.map(({ pid }) => pid));
  const first = own.find(({ parent }) => !pids.has(parent));
  assert.ok(first, `${id} has no process`);
  return async () => { process.kill(first.pid, 'SIGKILL'); };
}

async function eventsOf({ ann }: Scene, id: string): Promise<{ type: string; message: string; data: Record<string, unknown> }[]> {
  return (await ann.must<{ items: { type: string; message: string; data: Record<string, unknown> }[] }>(200, 'GET', `/api/containers/${id}/events?limit=200`)).items;
}

const hasCrashed = async (scene: Scene, id: string): Promise<void> => {
  await waitFor(async () => (await eventsOf(scene, id)).some(({ type }) => type === 'instance.crashed'), { what: 'the crash to be told', timeoutMs: 20_000, intervalMs: 50 });
};

async function killed(scene: Scene): Promise<void> {
  await Promise.all(FAMILIES.map(async (family) => {
    const { id, login, view } = await withData(scene, family, `killed-${family}`);
    await (await killer(scene, id))();
    await hasCrashed(scene, id);
    const back = await scene.ann.until(id, 'it to run again', ({ status, startedAt }) => status === 'running' && startedAt !== view.startedAt, 20_000);
    assert.equal(back.reason, null);
    assert.deepEqual(await read(family, login), [1]);
    assert.match((await eventsOf(scene, id)).find(({ type }) => type === 'instance.crashed')?.message ?? '', /The database ended/);
  }));
}

async function dataGone(scene: Scene): Promise<void> {
  await Promise.all(FAMILIES.map(async (family) => {
    const { ann } = scene;
    const { id, login } = await withData(scene, family, `moved-${family}`);
    const data = path.join(directoryOf(scene, id), 'data');
    const away = path.join(scene.server.home, `away-${id}`);
    const kill = await killer(scene, id);
    await rename(data, away);
    await kill();
    const { reason, nextTryAt } = await ann.until(id, 'the loss to be told', (view) => view.reason?.code === 'data_missing');
    assert.match(reason?.message ?? '', /data.* gone.*Restore/s);
    assert.equal(nextTryAt, null, 'it is not tried again by itself');
    assert.ok(!existsSync(data) || readdirSync(data).length === 0, 'new data were made');
    // Somebody asks all the same.
    const again = await ann.must(202, 'POST', `/api/containers/${id}/start`, undefined, { prefer: 'wait=20' });
    assert.equal(again.reason?.code, 'data_missing');
    assert.ok(!existsSync(data) || readdirSync(data).length === 0, 'new data were made');
    await rename(away, data);
    await ann.act(id, 'start');
    assert.deepEqual(await read(family, login), [1]);
  }));
  const { id } = await withData(scene, 'redis', 'moved-deleted');
  const kill = await killer(scene, id);
  await rename(path.join(directoryOf(scene, id), 'data'), path.join(scene.server.home, `away-${id}`));
  await kill();
  await scene.ann.until(id, 'the loss to be told', (view) => view.reason?.code === 'data_missing');
  await scene.ann.delete(id);
  assert.ok(!existsSync(directoryOf(scene, id)));
}

/** Its owner lifts the engine's own limit, so that only the system's is left; then the data do not fit into less memory. */
async function outOfMemory(scene: Scene): Promise<void> {
  const { ann } = scene;
  const { id } = await ann.create({ template: 'redis', name: 'greedy', resources: { memory: '96MB' } });
  const login = await ann.connection(id);
  const count = await withRedis(login, async (client) => {
    await client.config('SET', 'maxmemory', '0');
    const value = 'x'.repeat(1_000_000);
    for (let n = 0; n < 50; n += 1) await client.rpush('big', value);
    return client.llen('big');
  });
  await ann.must(200, 'PATCH', `/api/containers/${id}`, { resources: { memory: '32MB' } });
  const { reason, nextTryAt } = await ann.until(id, 'its lack of memory to be told', ({ status }) => status === 'failed');
  assert.equal(reason?.code, 'out_of_memory');
  assert.equal(reason.message, 'It used more than its 32 MB of memory and was ended by the system. Give it more memory.');
  assert.notEqual(nextTryAt, null);
  await ann.must(200, 'PATCH', `/api/containers/${id}`, { resources: { memory: '128MB' } });
  await ann.until(id, 'it to run with more memory', ({ status }) => status === 'running');
  assert.equal(await withRedis(login, (client) => client.llen('big')), count);
}

async function endsAtOnce(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  await (await admin(server)).must(201, 'POST', '/api/templates', {
    name: 'Broken', type: 'redis', image: 'dbmaker/redis:7', defaultPort: 6379, connectionStringTemplate: 'redis://{username}:{password}@{subdomain}:{port}',
    socketDirectory: '/var/run/redis', dataPath: '/data', command: ['redis-server', '--appendfsync', 'nonsense'], resources: { memory: '32MB' },
  });
  const first = await ann.must(202, 'POST', '/api/containers', { template: 'broken', name: 'broken' }, { prefer: 'wait=30' });
  const { id } = first;
  assert.equal(first.status, 'failed', JSON.stringify(first));
  assert.equal(first.reason?.code, 'exited_at_start');
  assert.match(first.reason?.message ?? '', /The database ended with exit code 1 before it was ready\. Its log says: .+/);
  assert.match(first.reason?.logTail ?? '', /nonsense|FATAL CONFIG FILE ERROR/);
  assert.ok(first.attempts >= 1);
  assert.notEqual(first.nextTryAt, null);
  assert.match(await ann.must<string>(200, 'GET', `/api/containers/${id}/logs`), /nonsense|FATAL CONFIG FILE ERROR/);
  // Two seconds at least after the fourth; less is seen where it took the server a while to write down that it failed.
  const later = await ann.until(id, 'further tries', ({ attempts, status }) => attempts >= 4 && status === 'failed');
  const wait = (view: InstanceView): number => Date.parse(view.nextTryAt ?? '') - Date.parse(view.since);
  assert.ok(wait(later) >= 500, `it is tried again ${wait(later)} ms after it failed`);
  const looping = await ann.until(id, 'the crash loop to be told', ({ reason }) => /times within ten minutes/.test(reason?.message ?? ''), 60_000);
  assert.match(looping.reason?.message ?? '', /^It ended 5 times within ten minutes and is left alone for a while\./);
  assert.ok(Date.parse(looping.nextTryAt ?? '') > Date.now() + 10 * 60_000);
  const ends = (await eventsOf(scene, id)).filter(({ data }) => 'exitCode' in data);
  assert.equal(ends.length, 5, 'it was tried more often than it was told');
  await ann.delete(id);
  assert.ok(!existsSync(directoryOf(scene, id)));
}

/** Looks at every command line again and again while databases are made, changed and broken. */
async function secretsStaySecret(scene: Scene): Promise<void> {
  const { ann, server } = scene;
  const seen = new Set<string>();
  const over = new AbortController();
  const looking = (async () => {
    while (!over.signal.aborted) {
      for (const { command } of await allProcesses()) seen.add(command);
      await pause(5);
    }
  })();
  const secrets = [ann.token, await server.adminToken()];
  const ids: string[] = [];
  try {
    await Promise.all(FAMILIES.map(async (family) => {
      const { id, login } = await withData(scene, family, `secret-${family}`);
      ids.push(id);
      secrets.push(login.password);
      await ann.act(id, 'rotate-password');
      secrets.push((await ann.connection(id)).password);
      const { startedAt: before } = await ann.act(id, 'restart');
      await (await killer(scene, id))();
      await ann.until(id, 'it to run again', ({ status, startedAt }) => status === 'running' && startedAt !== before);
      await assert.rejects(read(family, login)); // a refused login is logged by the engine
    }));
    const target = '/api/containers';
    await ann.ask('POST', `${target}?token=${secrets[0] ?? ''}`, { template: 'redis', name: secrets[0] }); // pasted into the wrong fields
    await ann.ask('GET', target, undefined, { authorization: `Bearer ${ann.token}x` });
  } finally {
    over.abort();
    await looking;
  }
  assert.equal(new Set(secrets).size, 6);
  const places: [string, string][] = [...seen].map((command) => ['a command line', command]);
  places.push(['the log of the server', await readFile(path.join(server.home, '../server.log'), 'utf8')]);
  for (const name of await readdir(server.home)) {
    if (name.startsWith('dbmaker.sqlite')) places.push([name, await readFile(path.join(server.home, name), 'latin1')]);
  }
  for (const id of ids) {
    places.push(['an instance\'s log', await ann.must<string>(200, 'GET', `/api/containers/${id}/logs?tail=10000`)]);
    places.push(['its events', JSON.stringify(await eventsOf(scene, id))], ['its view', JSON.stringify(await ann.get(id))]);
  }
  for (const { id, labels } of scene.runtime === 'docker' ? await allContainers() : []) {
    if (ids.includes(labels['dbmaker.instance'] ?? '')) places.push(['docker inspect', await run('docker', ['inspect', '-f', '{{json .Args}} {{json .Config.Cmd}} {{json .Config.Labels}} {{.Path}}', id])]);
  }
  for (const [place, text] of places) for (const secret of secrets) assert.ok(!text.includes(secret), `a secret is in ${place}: ${around(text, secret)}`);
}

function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 200), at + secret.length + 50);
}
