import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Acknowledged } from '../../../test/support/store-writer.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { waitFor } from '../../../test/support/wait.ts';
import { openStore } from '../index.ts';

const WRITER = path.join(import.meta.dirname, '../../../test/support/store-writer.ts');
const ROUNDS = 8;

function start(home: string, name: string, mode: 'write' | 'open'): { child: ChildProcess; closed: Promise<unknown>; lines: () => string[] } {
  const child = spawn(process.execPath, [WRITER, home, name, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  return { child, closed: once(child, 'close'), lines: () => output.split('\n').slice(0, -1) }; // what follows the last line end was cut off
}

test('whatever was acknowledged is there after kill -9 of two writers at once, and nothing is there by half', async () => {
  await using home = await temporaryDirectory('crash');
  const acknowledged = new Map<string, Acknowledged>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const writers = ['a', 'b'].map((name) => start(home.path, `${name}${round}`, 'write'));
    try {
      await waitFor(() => writers.every(({ lines }) => lines().length > 0), { what: 'both writers to write', timeoutMs: 60_000, intervalMs: randomInt(1, 40) });
    } finally {
      for (const { child } of writers) child.kill('SIGKILL');
      for (const { closed } of writers) await closed;
    }
    for (const line of writers.flatMap(({ lines }) => lines())) {
      const entry = JSON.parse(line) as Acknowledged;
      acknowledged.set(entry.instanceId, entry);
    }
    await check(home.path, acknowledged);
  }
  assert.ok(acknowledged.size >= ROUNDS * 2);
});

async function check(home: string, acknowledged: Map<string, Acknowledged>): Promise<void> {
  const store = await openStore({ home, databaseUrl: null, clock: new ManualClock() });
  const rows = new Map((await store.instances.overview()).map((row) => [row.id, row]));
  await store.close();
  for (const { instanceId, port, generation } of acknowledged.values()) {
    const row = rows.get(instanceId);
    assert.equal(row?.port, port);
    assert.ok(row.generation >= generation);
  }
  const database = new DatabaseSync(path.join(home, 'dbmaker.sqlite'), { readOnly: true });
  try {
    const value = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0];
    assert.equal(value('pragma integrity_check'), 'ok');
    assert.equal(value("select count(*) from events where type = 'instance.created'"), rows.size);
    assert.equal(value("select count(*) from events where type = 'instance.restarting'"), [...rows.values()].filter((row) => row.generation === 2).length);
    assert.equal(value('select count(*) from ports p join instances i on i.id = p.instance_id and i.port = p.port'), rows.size);
    assert.equal(value('select count(*) from ports where instance_id is not null'), rows.size);
  } finally {
    database.close();
  }
}

test('several processes that start at once on a new home agree on one schema', async () => {
  await using home = await temporaryDirectory('start');
  const codes = await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => {
    const [code] = await start(home.path, name, 'open').closed as [number];
    return code;
  }));
  assert.deepEqual(codes, [0, 0, 0, 0]);
});
