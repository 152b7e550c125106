/** What befalls the server itself: killed, restarted, started twice; and what must never be seen of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { serverCommand } from '../../scripts/setup/server-command.mjs';
import path from 'node:path';
import { read, withPostgresql, write } from '../support/clients.ts';
import { makePerson } from '../support/person.ts';
import { freePort } from '../support/ports.ts';
import { startServer } from '../support/server.ts';
import { processesIn } from '../support/world.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

test('a server that is killed while it makes databases goes on with them at once when it is back', { timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann');
  const names = ['a', 'b', 'c', 'd'];
  const made = await Promise.all(names.map((name) => ann.must(202, 'POST', '/api/containers', { template: 'redis', name, resources: { memory: '32MB' } })));
  await server.kill('SIGKILL');
  await server.start();
  const started = performance.now();
  await Promise.all(made.map(({ id }) => ann.until(id, 'it to run', ({ status }) => status === 'running')));
  const seconds = (performance.now() - started) / 1000;
  assert.ok(seconds < 20, `it took ${seconds.toFixed(1)} s: leases of the dead server were waited for`);
});

test('a second server on the same home is refused in words and changes nothing', { timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann');
  const view = await ann.create({ template: 'redis', name: 'kept', resources: { memory: '32MB' } });
  const login = await ann.connection(view.id);
  await write('redis', login, 1);
  // What its monitor notes meanwhile is its own doing: whether the database answers, and how large it is, which du(1) counts for a moment.
  const pids = async (): Promise<number[]> => (await processesIn(server.home)).filter(({ command }) => !/\bdu -s\b/.test(command)).map(({ pid }) => pid).sort();
  const before = await pids();
  const { program, args, env } = serverCommand(ROOT, { PATH: process.env['PATH'], DBMAKER_HOME: server.home, DBMAKER_HTTP_PORT: String(await freePort()), DBMAKER_RUNTIME: 'process' });
  const second = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  second.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const [code] = await once(second, 'close', { signal: AbortSignal.timeout(30_000) }) as [number];
  assert.equal(code, 1);
  assert.match(said, /Another DbMaker server is running with DBMAKER_HOME=.*\n.*Stop it first/);
  assert.deepEqual(await pids(), before);
  const after = await ann.get(view.id);
  assert.deepEqual(after, after.health === null ? view : { ...view, health: after.health, updatedAt: after.updatedAt });
  assert.deepEqual(await read('redis', login), [1]);
});

test('a restart of the server keeps rows, logins, data, and the databases running', { timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann');
  const [kept, stopped] = await Promise.all([
    ann.create({ template: 'postgresql', name: 'kept', resources: { memory: '128MB' } }),
    ann.create({ template: 'redis', name: 'stopped', resources: { memory: '32MB' } }),
  ]);
  const login = await ann.connection(kept.id);
  await write('postgresql', login, 1);
  await ann.act(stopped.id, 'stop');
  const postmaster = (): Promise<string> => withPostgresql(login, async (client) => (await client.query<{ at: string }>('SELECT pg_postmaster_start_time()::text AS at')).rows[0]?.at ?? '');
  const startedAt = await postmaster();
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await server.kill(signal);
    await server.start();
    assert.deepEqual((await ann.list()).map(({ name, status, desired }) => [name, status, desired]).sort(), [['kept', 'running', 'running'], ['stopped', 'stopped', 'stopped']]);
    assert.equal((await ann.connection(kept.id)).password, login.password);
    assert.deepEqual(await read('postgresql', login), [1]);
    assert.equal(await postmaster(), startedAt, 'the database was restarted with the server');
  }
  await ann.act(stopped.id, 'start');
});
