/** The world after a kill: what the API says, what the operating system says, and what was promised to the client, held against each other. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { TestServer } from '../../support/server.ts';
import { waitFor } from '../../support/wait.ts';
import { allContainers, portsOf, processesIn } from '../../support/world.ts';
import type { KillClient } from './client.ts';
import { readAll } from './databases.ts';
import type { KnownInstance, Row } from './model.ts';

const CONVERGE_MS = 90_000;
const SETTLED = new Set(['running', 'sleeping', 'stopped']);

/** Waits until every row is as it is wanted and every deleted one is gone; then what may be true becomes what is. */
export async function converged(client: KillClient): Promise<Row[]> {
  let rows: Row[] = [];
  await waitFor(
    async () => {
      rows = await client.rows();
      return rows.every(({ status, desired }) => SETTLED.has(status) && status === desired);
    },
    { what: 'every instance to be as it is wanted', timeoutMs: CONVERGE_MS, intervalMs: 50, explain: () => JSON.stringify(rows.filter(({ status, desired }) => status !== desired), null, 1) },
  );
  const byName = new Map(rows.map((row) => [row.name, row]));
  assert.equal(byName.size, rows.length, 'two rows have the same name');
  for (const instance of client.instances) checkPromise(instance, byName.get(instance.name));
  const known = new Set(client.instances.map(({ name }) => name));
  assert.deepEqual(rows.filter(({ name }) => !known.has(name)), [], 'rows that nobody asked for');
  client.instances = client.instances.filter(({ name }) => byName.has(name));
  return rows;
}

function checkPromise(instance: KnownInstance, row: Row | undefined): void {
  const is = row === undefined ? 'deleted' : row.desired;
  assert.ok(instance.wanted.has(is), `${instance.name} is ${is}, but was promised to be ${[...instance.wanted].join(' or ')}`);
  assert.equal(row?.id ?? instance.id, instance.id, `${instance.name} has another id`);
  instance.wanted = new Set([is]);
}

/** Every row has exactly one process or container, one directory, one port; and nothing is there without a row. */
export async function worldMatches(server: TestServer, runtime: 'docker' | 'process', rows: readonly Row[]): Promise<void> {
  const look = async (): Promise<true> => {
    const directories = (await readdir(path.join(server.home, 'instances')).catch(() => [])).sort();
    // One that was put to sleep or stopped before its first start has nothing yet: its version is not known either.
    const expected = rows.filter(({ id, version }) => version !== null || directories.includes(id)).map(({ id }) => id);
    assert.deepEqual(directories, expected.sort(), 'directories against rows');
    await (runtime === 'process' ? processesMatch(server, rows) : containersMatch(server, rows));
    const pid = server.pid;
    assert.ok(pid !== undefined, 'the server ended by itself');
    const listening = (await portsOf(pid)).filter((port) => port >= server.ports.from && port <= server.ports.to);
    assert.deepEqual(listening, rows.map(({ port }) => port).sort((a, b) => a - b), 'ports that the server listens on against rows');
    return true;
  };
  // The last listener or process may be a moment behind the status that announces it; more than that is a fault.
  await waitFor(look, { what: 'the operating system to show exactly what the rows say', timeoutMs: 10_000, intervalMs: 100 });
}

/** How many are to be alive. A sleeping one may be frozen or ended. */
const aliveIn = ({ status }: Row): readonly number[] => (status === 'running' ? [1] : status === 'sleeping' ? [0, 1] : [0]);

async function processesMatch(server: TestServer, rows: readonly Row[]): Promise<void> {
  const instances = path.join(server.home, 'instances');
  const processes = (await processesIn(instances)).filter(({ cwd }) => cwd.startsWith(`${instances}/`));
  const idOf = (cwd: string): string => path.relative(instances, cwd).split(path.sep)[0] ?? '';
  const statuses = new Map(rows.map((row) => [row.id, row]));
  for (const { pid, cwd, command } of processes) assert.ok(statuses.has(idOf(cwd)), `process ${pid} (${command}) works in ${cwd}, which belongs to no row`);
  for (const row of rows) {
    const own = processes.filter(({ cwd }) => idOf(cwd) === row.id);
    const pids = new Set(own.map(({ pid }) => pid));
    const roots = own.filter(({ parent }) => !pids.has(parent)); // the others are PostgreSQL's own children
    assert.ok(aliveIn(row).includes(roots.length), `${row.name} is ${row.status} with ${roots.length} servers: ${own.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
  }
}

async function containersMatch(server: TestServer, rows: readonly Row[]): Promise<void> {
  const prefix = `${server.home}/`;
  const ids = new Set(rows.map(({ id }) => id));
  const ours = (await allContainers()).filter(({ mounts, labels }) => mounts.some((mount) => mount.startsWith(prefix)) || ids.has(labels['dbmaker.instance'] ?? ''));
  for (const { name, labels } of ours) assert.ok(ids.has(labels['dbmaker.instance'] ?? ''), `container ${name} belongs to no row`);
  for (const row of rows) {
    const own = ours.filter(({ labels }) => labels['dbmaker.instance'] === row.id);
    assert.ok(own.length <= 1, `${row.name} has ${own.length} containers`);
    const running = own.filter((container) => container.running).length;
    assert.ok(aliveIn(row).includes(running), `${row.name} is ${row.status} with ${running} running containers`);
  }
}

/** Every confirmed write is there, and nothing that nobody wrote; the password that the API gives opens it. Looks at those that run. */
export async function nothingLost(client: KillClient): Promise<void> {
  const running = client.instances.filter(({ wanted }) => wanted.has('running'));
  await Promise.all(
    running.map(async (instance) => {
      // Converged, yet a rotation may still be on its way: the password that is given out changes once it is done.
      const found = await waitFor(async () => readAll(instance, await client.connection(instance)), {
        what: `a login to ${instance.name} with the password that the API gives`, timeoutMs: 30_000, intervalMs: 250,
      });
      const lost = [...instance.written].filter((value) => !found.has(value));
      assert.deepEqual(lost, [], `${instance.name} (${instance.template}, ${instance.id}) lost confirmed writes`);
      const strange = [...found].filter((value) => !instance.attempted.has(value));
      assert.deepEqual(strange, [], `${instance.name} holds what nobody wrote into it`);
    }),
  );
}
