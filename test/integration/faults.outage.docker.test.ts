/** The Docker Engine goes away while a whole server uses it, and comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, write } from '../support/clients.ts';
import { ensureImages, POSTGRESQL_IMAGE, REDIS_IMAGE, startPrivateDockerd } from '../support/docker.ts';
import { makePerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const cache = (name: string) => ({ template: 'redis', name, resources: { memory: '32MB', cpus: 0.2 } });

test('Docker is away while databases are asked for, stopped and deleted: it is told, nothing is lost, and all of it comes once Docker is back', { timeout: 150_000 }, async () => {
  await ensureImages();
  await using dockerd = await startPrivateDockerd();
  await dockerd.load(REDIS_IMAGE, POSTGRESQL_IMAGE);
  await using server = await startServer({ runtime: 'docker', env: { DOCKER_HOST: `unix://${dockerd.socketPath}` } });
  const ann = await makePerson(server, 'ann', { instances: 50 });
  const [kept, leaving, moved] = await Promise.all(['kept', 'leaving', 'moved'].map((name) => ann.create(cache(name))));
  assert.ok(kept && leaving && moved);
  const login = await ann.connection(kept.id);
  await write('redis', login, 1);

  // Not in the middle of a start of a container: there Docker 20.10 loses its own books (`task ...: already exists`), which nobody else can mend.
  await dockerd.stop();
  for (const { id } of [kept, leaving, moved]) {
    const { items } = await ann.must<{ items: { type: string }[] }>(200, 'GET', `/api/containers/${id}/events?limit=200`);
    assert.deepEqual(items.filter(({ type }) => type === 'instance.failed'), [], 'what Docker ends as it shuts down is not started again on the way');
  }
  const during = await Promise.all(['during-1', 'during-2'].map((name) => ann.must(202, 'POST', '/api/containers', cache(name))));
  const after = await ann.must(202, 'POST', '/api/containers', { template: 'postgresql', name: 'after', resources: { memory: '128MB' } }, { prefer: 'wait=2' });
  await ann.must(202, 'DELETE', `/api/containers/${leaving.id}`);
  await ann.must(202, 'POST', `/api/containers/${moved.id}/stop`);
  const waiting = await ann.until(after.id, 'the outage to be told', ({ reason }) => reason?.code === 'runtime_unavailable', 20_000);
  assert.equal(waiting.status, 'pending', 'a database whose Docker is away has not failed');
  assert.equal(waiting.reason?.message, `Docker does not answer. Start the Docker Engine (it is expected at unix://${dockerd.socketPath}); databases come back by themselves.`);
  assert.notEqual(waiting.nextTryAt, null);
  const health = await waitFor(async () => {
    const { status, body } = await server.api<{ components: Record<string, { status: string; detail?: string }> }>('GET', '/health');
    return status === 503 && body.components;
  }, { what: '/health to tell', timeoutMs: 20_000, intervalMs: 200 });
  assert.deepEqual([health['store']?.status, health['workers']?.status, health['runtime']?.status], ['up', 'up', 'down']);
  assert.match(health['runtime']?.detail ?? '', /Docker does not answer/);
  assert.equal((await ann.list()).length, 6);

  const { items } = await ann.must<{ items: { type: string }[] }>(200, 'GET', `/api/containers/${after.id}/events?limit=200`);
  assert.deepEqual(items.map(({ type }) => type), ['instance.created', 'instance.delayed'], 'the same trouble is told once, not at every try');

  await dockerd.start();
  for (const { id } of [kept, after, ...during]) await ann.until(id, 'it to run', ({ status }) => status === 'running', 45_000);
  assert.deepEqual(await read('redis', login), [1]);
  await ann.until(moved.id, 'it to be stopped', ({ status }) => status === 'stopped');
  await waitFor(async () => (await ann.ask('GET', `/api/containers/${leaving.id}`)).status === 404, { what: 'the deleted one to be gone', timeoutMs: 20_000 });
  await waitFor(async () => (await server.api('GET', '/health')).status === 200, { what: '/health to be well again', timeoutMs: 20_000, intervalMs: 200 });

  // kill -9 of dockerd alone: whatever its containers did meanwhile, the data is there.
  await write('redis', login, 2);
  await dockerd.kill();
  await dockerd.start();
  const values = await waitFor(() => read('redis', login), { what: 'the database to be reached again', timeoutMs: 45_000, intervalMs: 250 });
  assert.deepEqual(values, [1, 2]);
});
