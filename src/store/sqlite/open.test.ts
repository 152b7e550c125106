import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { addInstance, addUser, failure } from '../../../test/support/store.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { openStore } from '../index.ts';

const clock = new ManualClock();
const fileOf = (home: string): string => path.join(home, 'dbmaker.sqlite');
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

test('nobody else can read the database or its log, also when the file was there and open to all', async () => {
  await using home = await temporaryDirectory('store');
  const file = fileOf(home.path);
  for (let round = 0; round < 2; round += 1) {
    const store = await openStore({ home: home.path, databaseUrl: null, clock });
    await store.settings.putIfAbsent('x', 'y');
    assert.deepEqual([file, `${file}-wal`, `${file}-shm`].map(modeOf), ['600', '600', '600']);
    await store.close();
    chmodSync(file, 0o644);
  }
});

test('everything is there after a restart, and writes are synced to the disk', async () => {
  await using home = await temporaryDirectory('store');
  const before = await openStore({ home: home.path, databaseUrl: null, clock });
  const instance = await addInstance(before, await addUser(before));
  await before.close();
  const after = await openStore({ home: home.path, databaseUrl: null, clock });
  assert.deepEqual(await after.instances.get(instance.id), instance);
  await after.migrate();
  await after.ping();
  await after.close();
  await failure(after.ping(), 'internal');
  const database = new DatabaseSync(fileOf(home.path), { readOnly: true });
  assert.equal(database.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal');
  database.close();
});

test('a database made by a newer DbMaker is refused and left as it is', async () => {
  await using home = await temporaryDirectory('store');
  await (await openStore({ home: home.path, databaseUrl: null, clock })).close();
  const database = new DatabaseSync(fileOf(home.path));
  database.exec("insert into schema_migrations values (999, 'future', 0)");
  const error = await failure(openStore({ home: home.path, databaseUrl: null, clock }), 'invalid_configuration');
  assert.match(error.userText, /newer DbMaker.*version 999/);
  assert.equal(database.prepare('select count(*) as n from settings').get()?.['n'], 0);
  database.close();
});

test('what is no database, and a home that is no directory, are told in words', async () => {
  await using home = await temporaryDirectory('store');
  writeFileSync(fileOf(home.path), 'something else entirely\n'.repeat(100));
  assert.match((await failure(openStore({ home: home.path, databaseUrl: null, clock }), 'store_unavailable')).userText, /damaged or no SQLite database/);
  await failure(openStore({ home: fileOf(home.path), databaseUrl: null, clock }), 'store_unavailable');
});

test('while another process writes, we wait without blocking our event loop', async () => {
  await using home = await temporaryDirectory('store');
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  const other = new DatabaseSync(fileOf(home.path));
  other.exec('begin immediate');
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 5);
  const write = store.settings.putIfAbsent('key', 'value');
  setTimeout(() => other.exec('commit'), 500);
  assert.equal(await write, 'value');
  clearInterval(ticking);
  assert.ok(turns >= 3, `${turns} turns`);
  other.exec('begin immediate');
  assert.match((await failure(store.settings.putIfAbsent('key', 'value'), 'store_unavailable')).userText, /locked/);
  assert.equal(await store.settings.get('key'), 'value');
  other.close();
  await store.close();
});

test('with 10,000 rows a page costs a few milliseconds and the overview for a resync well under a second', async () => {
  await using home = await temporaryDirectory('store');
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  const owner = await addUser(store);
  await addInstance(store, owner, { id: 'first' });
  multiply(fileOf(home.path), 9_999);
  const cost = async (work: () => Promise<unknown>, times: number): Promise<number> => {
    await work();
    const start = process.cpuUsage();
    for (let index = 0; index < times; index += 1) await work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000 / times;
  };
  assert.equal((await store.instances.overview()).length, 10_000);
  const filters = [{}, { ownerId: owner.id }, { type: 'redis' }, { phase: 'pending' }, { ownerId: 'nobody' }, { phase: 'failed' }] as const;
  for (const filter of filters) {
    const page = await cost(() => store.instances.list(filter, { limit: 50 }), 20);
    assert.ok(page < 10, `${JSON.stringify(filter)}: ${page} ms`);
  }
  const [overview, due, totals] = [await cost(() => store.instances.overview(), 5), await cost(() => store.instances.due(100), 20), await cost(() => store.instances.totals(), 5)];
  assert.ok(overview < 300 && due < 10 && totals < 100, JSON.stringify({ overview, due, totals }));
  await store.close();
});

/** Copies the one instance there is. */
function multiply(file: string, times: number): void {
  const database = new DatabaseSync(file);
  const columns = database.prepare('select * from instances limit 1').columns().map(({ name }) => name);
  const differing: Record<string, string> = { id: "'i' || n", name: "'n' || n", slug: "'s' || n", port: '20000 + n', created_at: 'created_at + n / 3' };
  database.exec(`
    insert into instances (${columns.join(', ')})
    with recursive counter(n) as (select 1 union all select n + 1 from counter where n < ${times})
    select ${columns.map((name) => differing[name] ?? name).join(', ')} from instances, counter where id = 'first'`);
  database.close();
}
