import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { startPostgres } from '../../../test/support/postgres.ts';
import { addUser, failure } from '../../../test/support/store.ts';
import { openStore } from '../index.ts';
import { openPostgresql } from './open.ts';

const clock = new ManualClock();
const open = (databaseUrl: string) => openStore({ home: '/nonexistent', databaseUrl, clock });

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

test('several stores that open one empty database at once agree on one schema', async () => {
  await using postgres = await startPostgres();
  const url = await postgres.createDatabase();
  const stores = await Promise.all([open(url), open(url), open(url), open(url)]);
  await Promise.all(stores.map((store) => store.close()));
  await query(url, "insert into schema_migrations values (999, 'future', 0)");
  assert.match((await failure(open(url), 'invalid_configuration')).userText, /newer DbMaker.*version 999/);
});

test('lost connections, a read-only server and a server that is gone are told apart and survived', async () => {
  const postgres = await startPostgres();
  try {
    const url = await postgres.createDatabase();
    const store = await open(url);
    const user = await addUser(store);
    const endOthers = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dbmaker'";
    await query(url, endOthers);
    for (let tries = 0; tries < 3; tries += 1) await store.ping().catch(() => undefined); // the pool may still hand out dead ones
    assert.deepEqual(await store.users.get(user.id), user);

    assert.equal((await failure(store.settings.putIfAbsent('a\u0000b', 'x'), 'invalid_request')).code, 'invalid_request');

    const name = new URL(url).pathname.slice(1);
    await query(postgres.url, `alter database ${name} set default_transaction_read_only = on`);
    const readOnly = await failure(open(url), 'store_read_only');
    assert.match(readOnly.userText, /only allows reading/);
    await store.close();

    const wrong = new URL(url);
    wrong.password = 'not-the-password';
    const refused = await failure(open(wrong.href), 'store_unavailable');
    assert.ok(!`${refused.message} ${refused.remedy ?? ''}`.includes('not-the-password'));
    await failure(open(url.replace(/[^/]+$/, 'nothing')), 'store_unavailable');

    const other = await postgres.createDatabase();
    const last = await open(other);
    await postgres.dispose();
    await failure(last.ping(), 'store_unavailable');
    await failure(last.settings.putIfAbsent('x', 'y'), 'store_unavailable');
    await last.close();
    await failure(open(other), 'store_unavailable');
  } finally {
    await postgres.dispose();
  }
});

test('a connection that breaks while it is lent out fails its work and nothing else', async () => {
  await using postgres = await startPostgres();
  const url = await postgres.createDatabase();
  const database = openPostgresql(url, clock);
  try {
    const cutOff = database.read((queries) => queries.connection().execute(async (lent) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(lent);
      await query(postgres.url, `select pg_terminate_backend(${String(rows[0]?.pid)}, 5000)`);
      await query(postgres.url, 'select 1'); // the news comes while no query is under way on the lent one
      return sql`select 1`.execute(lent);
    }));
    await assert.rejects(cutOff, { code: 'store_unavailable' });
    await database.read((queries) => sql`select 1`.execute(queries));
  } finally {
    await database.close();
  }
});
