/** What one person does with databases from the first request to the last, on a real server and with real clients. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectionView, InstanceView } from '../../../src/api/schemas/instance.ts';
import { read, withPostgresql, withRedis, write } from '../../support/clients.ts';
import type { Family } from '../../support/clients.ts';
import { admin, makePerson } from '../../support/person.ts';
import type { Person } from '../../support/person.ts';
import { run } from '../../support/run.ts';
import { startServer } from '../../support/server.ts';
import type { TestServer } from '../../support/server.ts';
import { temporaryDirectory } from '../../support/tmp.ts';
import { waitFor } from '../../support/wait.ts';
import { allContainers, listeningPorts, processesIn } from '../../support/world.ts';

const MIB = 1024 * 1024;
/** Memory before and after the change, MiB. */
const MEMORY: Record<Family, readonly [number, number]> = { postgresql: [128, 192], redis: [64, 96] };

/** Two users on one server, at the same time; all that the first slice promises of a database's life. */
export async function journey(runtime: 'docker' | 'process'): Promise<void> {
  await using server = await startServer({ runtime });
  const [ann, bob] = await Promise.all([makePerson(server, 'ann'), makePerson(server, 'bob')]);
  const [forBob, ...forAnn] = await Promise.all([
    bob.create({ template: 'redis', name: 'cache', resources: { memory: '64MB' } }),
    ...(['postgresql', 'redis'] as const).map((family) => life(server, ann, family)),
  ]);
  await strangers(server, ann, bob, forBob, forAnn);
  await Promise.all(forAnn.map(async (view) => deleted(server, ann, view)));
  assert.deepEqual(await ann.list(), []);
  // What others have is left alone.
  const login = await bob.connection(forBob.id);
  await write('redis', login, 1);
  assert.deepEqual(await read('redis', login), [1]);
}

/** Everything but its end. */
async function life(server: TestServer, person: Person, family: Family): Promise<InstanceView> {
  const view = await person.create({ template: family, name: `my-${family}`, resources: { memory: `${MEMORY[family][0]}MB` } });
  assert.equal(view.status, 'running');
  assert.match(view.slug, new RegExp(`^ann-${family}-[a-z0-9]+$`));
  assert.match(view.version ?? '', family === 'redis' ? /^7\./ : /^15\./);
  assert.ok(view.port >= server.ports.from && view.port <= server.ports.to);
  const { id } = view;
  let login = await person.connection(id);
  assert.equal(login.username, family === 'redis' ? view.slug : 'ann');
  await write(family, login, 1);

  await person.act(id, 'restart');
  assert.deepEqual(await read(family, login), [1]);
  await write(family, login, 2);

  await person.act(id, 'stop');
  await assert.rejects(read(family, login), /ECONNREFUSED|ECONNRESET|EPIPE|closed|terminated|ended|was stopped/i);
  await person.act(id, 'start');
  assert.deepEqual(await read(family, login), [1, 2]);

  const before = login;
  await person.act(id, 'rotate-password');
  login = await person.connection(id);
  assert.notEqual(login.password, before.password);
  await assert.rejects(read(family, before), /password authentication failed|WRONGPASS/);
  await write(family, login, 3);
  await showsStrings(person, family, login, '1\n2\n3');

  assert.equal((await person.act(id, 'sleep')).status, 'sleeping');
  assert.deepEqual(await read(family, login), [1, 2, 3]); // by waking it
  assert.equal((await person.get(id)).status, 'running');

  await resized(person, id, family, login);
  assert.deepEqual(await read(family, login), [1, 2, 3]);
  await watched(server, person, id, family, login);
  return person.get(id);
}

/** The strings that are shown, pasted into a shell; those by hostname beside the authority's file. Where the program is not installed there is nobody to paste them for. */
async function showsStrings(person: Person, family: Family, login: ConnectionView, expected: string): Promise<void> {
  const program = family === 'redis' ? 'redis-cli' : 'psql';
  const installed = await run('sh', ['-c', `command -v ${program} || true`]);
  if (installed === '') return;
  const question = family === 'redis' ? 'SORT kept' : "-Atc 'SELECT n FROM kept ORDER BY n'";
  await using directory = await temporaryDirectory('strings');
  await writeFile(path.join(directory.path, 'dbmaker-ca.pem'), await person.must<string>(200, 'GET', '/api/certificate-authority'));
  for (const name of [program, `${program}-tls`]) {
    assert.equal((await run('sh', ['-c', `${login.clients[name] ?? ''} ${question}`], { cwd: directory.path })).trim(), expected, name);
  }
}

/** New limits, seen from inside the database: both engines size themselves by the memory that they have. */
async function resized(person: Person, id: string, family: Family, login: ConnectionView): Promise<void> {
  const memoryBytes = MEMORY[family][1] * MIB;
  const { startedAt } = await person.get(id);
  const changed = await person.must(200, 'PATCH', `/api/containers/${id}`, { resources: { memory: memoryBytes } });
  assert.equal(changed.resources.memoryBytes, memoryBytes);
  await person.until(id, 'it to run with the new limits', (view) => view.status === 'running' && view.startedAt !== startedAt);
  const seen = family === 'redis'
    ? await withRedis(login, async (client) => Number((await client.config('GET', 'maxmemory'))[1]))
    : await withPostgresql(login, async (client) => Number((await client.query<{ bytes: string }>("SELECT pg_size_bytes(current_setting('shared_buffers')) AS bytes")).rows[0]?.bytes));
  assert.equal(seen, memoryBytes * (family === 'redis' ? 0.75 : 0.25));
}

/** Log, figures and history. */
async function watched(server: TestServer, person: Person, id: string, family: Family, login: ConnectionView): Promise<void> {
  const tail = await person.must<string>(200, 'GET', `/api/containers/${id}/logs?tail=1000`);
  assert.match(tail, /ready to accept connections/i);
  assert.equal((await person.must<string>(200, 'GET', `/api/containers/${id}/logs?tail=1`)).trim().split('\n').length, 1);
  await followed(server, person, id, family, login);

  const metrics = await person.must<Record<'memoryBytes' | 'memoryLimitBytes' | 'diskBytes' | 'processes' | 'cpuMs', number>>(200, 'GET', `/api/containers/${id}/metrics`);
  assert.equal(metrics.memoryLimitBytes, MEMORY[family][1] * MIB);
  for (const figure of ['memoryBytes', 'diskBytes', 'processes', 'cpuMs'] as const) assert.ok(metrics[figure] > 0, `${figure} is ${metrics[figure]}`);
  assert.ok(metrics.memoryBytes <= metrics.memoryLimitBytes);

  const { items } = await person.must<{ items: { type: string }[] }>(200, 'GET', `/api/containers/${id}/events?limit=200`);
  const types = new Set(items.map(({ type }) => type));
  for (const type of ['instance.created', 'instance.running', 'instance.stopped', 'instance.password-rotated', 'instance.sleeping']) assert.ok(types.has(type), `${type} is not in ${[...types].join(', ')}`);
}

/** A line that is written later arrives on a log that is being followed. */
async function followed(server: TestServer, person: Person, id: string, family: Family, login: ConnectionView): Promise<void> {
  const left = new AbortController();
  const response = await fetch(`${server.url}/api/containers/${id}/logs?tail=0&follow=true`, {
    headers: { authorization: `Bearer ${person.token}` }, signal: AbortSignal.any([left.signal, AbortSignal.timeout(30_000)]),
  });
  assert.equal(response.status, 200);
  const writing = writeUntil(left.signal, family, login);
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (/append only file rewriting|a line to follow/.test(text)) break;
  }
  left.abort();
  await writing;
  assert.match(text, /append only file rewriting|a line to follow/);
}

/** Again and again: the answer's head comes before the engine's log is attached, and what was written in between is not followed. */
async function writeUntil(signal: AbortSignal, family: Family, login: ConnectionView): Promise<void> {
  while (!signal.aborted) {
    if (family === 'redis') await withRedis(login, (client) => client.bgrewriteaof().catch(() => undefined)); // refused while one is under way
    else await withPostgresql(login, (client) => client.query("DO $$ BEGIN RAISE LOG 'a line to follow'; END $$"));
    await pause(300);
  }
}

/** Neither sees that the other has anything. */
async function strangers(server: TestServer, ann: Person, bob: Person, forBob: InstanceView, forAnn: readonly InstanceView[]): Promise<void> {
  assert.deepEqual((await bob.list()).map(({ id }) => id), [forBob.id]);
  assert.deepEqual((await ann.list()).map(({ id }) => id).sort(), forAnn.map(({ id }) => id).sort());
  assert.equal((await (await admin(server)).list()).length, forAnn.length + 1);
  const requests = [
    ...['', '/connection', '/logs', '/events', '/metrics'].map((part) => ['GET', part] as const),
    ...['/start', '/stop', '/sleep', '/restart', '/rotate-password'].map((part) => ['POST', part] as const),
    ['PATCH', ''] as const, ['DELETE', ''] as const,
  ];
  await Promise.all(requests.map(([method, part]) => bob.refused('not_found', method, `/api/containers/${forAnn[0]?.id ?? ''}${part}`, method === 'PATCH' ? { name: 'mine' } : undefined)));
  await ann.refused('not_found', 'GET', `/api/containers/${forBob.id}`);
  // A login of one opens nothing of the other.
  const redis = forAnn.find(({ engine }) => engine === 'redis');
  const mixed = { ...await ann.connection(redis?.id ?? ''), port: forBob.port };
  await assert.rejects(read('redis', mixed), /WRONGPASS/);
}

/** Gone from the API and from the machine; its port rests. */
async function deleted(server: TestServer, person: Person, { id, port }: InstanceView): Promise<void> {
  await person.delete(id);
  for (const part of ['', '/connection', '/logs', '/metrics']) await person.refused('not_found', 'GET', `/api/containers/${id}${part}`);
  const directory = path.join(server.home, 'instances', id);
  assert.ok(!existsSync(directory), `${directory} is still there`);
  assert.deepEqual(await processesIn(directory), []);
  assert.deepEqual((await allContainers()).filter(({ labels }) => labels['dbmaker.instance'] === id), []);
  await waitFor(async () => !(await listeningPorts()).has(port), { what: `nobody to listen on ${port}`, timeoutMs: 15_000 });
  const monitoring = await (await admin(server)).must<{ ports: { quarantined: number } }>(200, 'GET', '/api/monitoring');
  assert.ok(monitoring.ports.quarantined >= 1);
}
