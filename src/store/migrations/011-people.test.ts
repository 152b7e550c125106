import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { startPostgres } from '../../../test/support/postgres.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import type { Database } from '../database.ts';
import { openPostgresql } from '../postgresql/open.ts';
import { openSqlite } from '../sqlite/open.ts';
import { SqlStore } from '../store.ts';
import { MIGRATIONS } from './index.ts';
import { runMigrations } from './run.ts';

/** As it was before: a person with a token, a session that was begun with it, and who signs in elsewhere. */
async function people(database: Database): Promise<void> {
  const store = new SqlStore(database);
  try {
    await runMigrations(database, MIGRATIONS.filter(({ version }) => version < 11));
    await database.write(async (queries) => {
      await sql`insert into users (id, username, display_name, email, role, quota_instances, quota_memory_bytes, quota_cpus, created_at) values ('u1', 'ann', 'Ännchen', 'Ann@X', 'user', 1, 1, 1, 1)`.execute(queries);
      await sql`insert into tokens (id, user_id, name, scopes, secret_hash, created_at, last_used_at) values ('t1', 'u1', 'laptop', '["read"]', 'one', 1, 7)`.execute(queries);
      await sql`insert into tokens (id, user_id, name, scopes, secret_hash, created_at, expires_at) values ('t2', 'u1', 'browser session of t1', '["read"]', 'two', 2, 9)`.execute(queries);
      await sql`insert into identities (issuer, subject, user_id, created_at) values ('https://x', 's', 'u1', 1)`.execute(queries);
    });
    await store.migrate();
    const user = await store.users.get('u1');
    assert.deepEqual([user?.disabled, user?.signInsEnded, user?.lastSeenAt], [false, null, 7]);
    assert.deepEqual((await store.users.list({ limit: 9, search: 'äNN' })).items, [user]);
    assert.deepEqual((await store.tokens.listByUser('u1')).map(({ id, beganWith }) => [id, beganWith]), [['t1', null], ['t2', 't1']]);
    assert.equal((await store.signIn.identities.bring({ issuer: 'https://x', subject: 's' }, { role: 'admin' }, 5)).role, 'admin');
    await store.tokens.delete('u1', 't1');
    assert.deepEqual(await store.tokens.listByUser('u1'), [], 'the session goes with its token');
  } finally {
    await store.close();
  }
}

test('people of before are found, not disabled, and their sessions know what they were begun with (SQLite)', async () => {
  await using home = await temporaryDirectory('migrate');
  await people(await openSqlite(path.join(home.path, 'x.sqlite'), new ManualClock()));
});

test('the same on PostgreSQL', async () => {
  await using postgres = await startPostgres();
  await people(openPostgresql(postgres.url, new ManualClock()));
});
