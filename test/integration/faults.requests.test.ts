/** Requests that come twice, too often, or for more than there is: what a real server makes of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceView } from '../../src/api/schemas/instance.ts';
import { read, write } from '../support/clients.ts';
import { admin, makePerson } from '../support/person.ts';
import type { NewInstance, Person } from '../support/person.ts';
import { claimPortRange } from '../support/ports.ts';
import { startPostgres } from '../support/postgres.ts';
import { startServer } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const cache = (name: string): NewInstance => ({ template: 'redis', name, resources: { memory: '32MB', cpus: 0.1 } });
const post = (person: Person, body: NewInstance, headers: Record<string, string> = {}) => person.ask<InstanceView & { code: string }>('POST', '/api/containers', body, headers);

/** What is on the disk is what the rows say. */
async function directoriesMatch(server: TestServer, rows: readonly InstanceView[]): Promise<void> {
  const directories = async (): Promise<string[]> => (await readdir(path.join(server.home, 'instances'))).sort();
  const ids = rows.map(({ id }) => id).sort();
  await waitFor(async () => (await directories()).join() === ids.join(), { what: `exactly the directories of ${ids.join()}`, explain: async () => (await directories()).join() });
}

/** A program of somebody else that listens there. */
async function occupy(port: number): Promise<AsyncDisposable> {
  const server = net.createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { [Symbol.asyncDispose]: async () => { await new Promise((resolve) => server.close(resolve)); } };
}

test('a POST that is repeated with its Idempotency-Key makes one database: one after the other, 20 at once, and across kill -9', { timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann', { instances: 50 });

  const first = await post(ann, cache('twice'), { 'idempotency-key': 'a', prefer: 'wait=60' });
  const second = await post(ann, cache('twice'), { 'idempotency-key': 'a', prefer: 'wait=60' });
  assert.deepEqual([first.status, second.status, second.body.id], [201, 201, first.body.id]);
  assert.deepEqual([first.headers.get('idempotency-replayed'), second.headers.get('idempotency-replayed')], [null, 'true']);
  const other = await ann.refused('idempotency_key_reused', 'POST', '/api/containers', cache('thrice'), { 'idempotency-key': 'a' });
  assert.equal(other.status, 422);
  assert.match(other.detail, /used with another body/);

  const crowd = await Promise.all(Array.from({ length: 20 }, () => post(ann, cache('crowd'), { 'idempotency-key': 'b' })));
  const made = new Set(crowd.filter(({ status }) => status < 300).map(({ body }) => body.id));
  assert.equal(made.size, 1);
  for (const { status, body, headers } of crowd.filter((answer) => answer.status >= 300)) {
    assert.deepEqual([status, body.code], [409, 'conflict']);
    assert.ok(Number(headers.get('retry-after')) >= 1);
  }

  // Requests at every stage when the server is killed: not yet sent, being written, answered.
  const names = Array.from({ length: 10 }, (_, index) => `killed-${index}`);
  const send = (name: string) => post(ann, cache(name), { 'idempotency-key': name });
  const before = new Map<string, string>();
  const sending = names.map(async (name, index) => {
    await pause(index * 3);
    const answer = await send(name).catch(() => null); // cut off
    if (answer !== null && answer.status < 300) before.set(name, answer.body.id);
  });
  await pause(20);
  await server.kill('SIGKILL');
  await Promise.all(sending);
  await server.start();
  for (const name of names) {
    const again = await waitFor(async () => {
      const answer = await send(name);
      return answer.status !== 409 && answer; // the claim of the killed request has to run out first
    }, { what: `the repeated POST of ${name} to be answered`, timeoutMs: 20_000, intervalMs: 250 });
    assert.ok(again.status < 300, JSON.stringify(again.body));
    assert.equal(again.body.id, before.get(name) ?? again.body.id, `${name} was made twice`);
  }
  const rows = await ann.list();
  assert.deepEqual(rows.map(({ name }) => name).sort(), ['crowd', 'twice', ...names].sort());
  await Promise.all(rows.map(({ id }) => ann.until(id, 'it to run', ({ status }) => status === 'running')));
  await directoriesMatch(server, rows);
});

/** A quota is looked at and taken in one: whatever the store. */
async function exactlyFiveOfAHundred(server: TestServer): Promise<Person> {
  const ann = await makePerson(server, 'ann', { instances: 5 });
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => post(ann, cache(`q-${index}`))));
  const refused = answers.filter(({ status }) => status >= 300);
  assert.equal(answers.length - refused.length, 5);
  assert.deepEqual([...new Set(refused.map(({ status, body }) => `${status} ${body.code}`))], ['403 quota_exceeded']);
  assert.equal((await ann.list()).length, 5);
  return ann;
}

test('100 requests at once with a quota of 5 make exactly 5 databases', { timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await exactlyFiveOfAHundred(server);
  const { detail, remedy } = await ann.refused('quota_exceeded', 'POST', '/api/containers', cache('more'));
  assert.equal(detail, 'You have 5 of 5 databases.');
  assert.match(remedy ?? '', /Delete a database/);
  const rows = await ann.list();
  await Promise.all(rows.map(({ id }) => ann.until(id, 'it to run', ({ status }) => status === 'running')));
  await directoriesMatch(server, rows);
  // The 96 that were refused keep no port.
  assert.equal((await (await admin(server)).must<{ ports: { taken: number } }>(200, 'GET', '/api/monitoring')).ports.taken, 5);
  // Room again.
  await ann.delete(rows[0]?.id ?? '');
  await ann.create(cache('more'));
});

test('the same where the rows are in PostgreSQL', { timeout: 120_000 }, async () => {
  await using postgres = await startPostgres();
  await using server = await startServer({ runtime: 'process', env: { DBMAKER_DATABASE_URL: await postgres.createDatabase() } });
  await exactlyFiveOfAHundred(server);
  assert.equal((await (await admin(server)).must<{ ports: { taken: number } }>(200, 'GET', '/api/monitoring')).ports.taken, 5);
});

test('a range of one port: the second database is refused in words, leaves nothing, and can be made once the first is gone', { timeout: 120_000 }, async () => {
  await using range = await claimPortRange();
  await using server = await startServer({ runtime: 'process', env: { DBMAKER_PORT_RANGE: `${range.from}-${range.from}`, DBMAKER_PORT_QUARANTINE_SECONDS: '8' } });
  const ann = await makePerson(server, 'ann');
  const first = await ann.create(cache('first'));
  assert.equal(first.port, range.from);
  const problem = await ann.refused('ports_exhausted', 'POST', '/api/containers', cache('second'));
  assert.equal(problem.status, 503);
  assert.equal(problem.detail, `The only port ${range.from} is taken.`);
  assert.match(problem.remedy ?? '', /DBMAKER_PORT_RANGE/);
  assert.deepEqual((await ann.list()).map(({ name }) => name), ['first']);
  await directoriesMatch(server, [first]);

  await ann.delete(first.id);
  const resting = await ann.ask<{ code: string; detail: string }>('POST', '/api/containers', cache('second'));
  assert.equal(resting.body.code, 'ports_exhausted');
  assert.match(resting.body.detail, /resting; the next is free in \d s/);
  assert.ok(Number(resting.headers.get('retry-after')) <= 8); // so long that a busy machine asks in time
  const second = await waitFor(async () => {
    const answer = await post(ann, cache('second'), { prefer: 'wait=30' });
    return answer.status === 201 && answer.body;
  }, { what: 'the port to be free again', timeoutMs: 30_000, intervalMs: 200 });
  assert.equal(second.port, range.from);
});

test('ports that other programs use are passed over, and a program that takes the port of a database is waited for', { timeout: 120_000 }, async () => {
  await using range = await claimPortRange();
  const [a, b, c] = [range.from, range.from + 1, range.from + 2];
  await using others = new AsyncDisposableStack();
  others.use(await occupy(a));
  await using server = await startServer({ runtime: 'process', env: { DBMAKER_PORT_RANGE: `${a}-${c}` } });
  const ann = await makePerson(server, 'ann');
  const boss = await admin(server);
  const ports = async () => (await boss.must<{ ports: Record<string, number> }>(200, 'GET', '/api/monitoring')).ports;
  const first = await ann.create(cache('first'));
  assert.equal(first.port, b);
  assert.deepEqual(await ports(), { from: a, to: c, taken: 1, quarantined: 1, free: 1 });
  const login = await ann.connection(first.id);
  await write('redis', login, 1);

  const another = others.use(await occupy(c));
  const problem = await ann.refused('ports_exhausted', 'POST', '/api/containers', cache('second'));
  assert.match(problem.detail, /taken or resting/);
  assert.deepEqual((await ann.list()).map(({ name }) => name), ['first']);
  await another[Symbol.asyncDispose]();

  await server.kill('SIGTERM');
  const thief = others.use(await occupy(b));
  await server.start();
  await assert.rejects(read('redis', login));
  assert.equal((await ann.get(first.id)).status, 'running'); // the database itself has nothing to do with it
  await thief[Symbol.asyncDispose]();
  const kept = await waitFor(() => read('redis', login), { what: 'the database to be reached again', timeoutMs: 15_000, intervalMs: 200 });
  assert.deepEqual(kept, [1]);
});
