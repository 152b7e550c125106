import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import pg from 'pg';
import { startPostgres } from './postgres.ts';

test('a throw-away cluster answers on its socket, gives separate databases and leaves nothing behind', async () => {
  const postgres = await startPostgres();
  try {
    const urls = [await postgres.createDatabase(), await postgres.createDatabase()];
    assert.equal(new Set(urls).size, 2);
    const client = new pg.Client(urls[0]);
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    await client.end();
    assert.match(rows[0]?.version ?? '', /^15\./);
  } finally {
    await postgres.dispose();
  }
  assert.equal(existsSync(postgres.socketDir), false);
  assert.throws(() => process.kill(postgres.pid, 0), { code: 'ESRCH' });
});
