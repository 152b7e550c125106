import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { failure } from '../../../test/support/store.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { openSqlite } from '../sqlite/open.ts';
import { MIGRATIONS } from './index.ts';
import type { Migration } from './migration.ts';
import { runMigrations } from './run.ts';

test('a migration that fails leaves nothing behind, those before it stay, and a mended one goes on from there', async () => {
  await using home = await temporaryDirectory('migrate');
  const database = await openSqlite(path.join(home.path, 'x.sqlite'), new ManualClock());
  try {
    const adds = (version: number, table: string, then: () => void): Migration => ({
      version, name: table,
      async up(queries) {
        await queries.schema.createTable(table).addColumn('id', 'integer').execute();
        then();
      },
    });
    const broken = (): void => {
      throw new Error('killed half-way');
    };
    const fine = (): void => undefined;
    await failure(runMigrations(database, [adds(1, 'one', fine), adds(2, 'two', broken)]), 'internal');
    assert.deepEqual(await runMigrations(database, [adds(1, 'one', fine), adds(2, 'two', fine), adds(3, 'three', fine)]), [2, 3]);
    assert.deepEqual(await runMigrations(database, [adds(1, 'one', fine), adds(2, 'two', fine), adds(3, 'three', fine)]), []);
    await failure(runMigrations(database, [adds(1, 'one', fine)]), 'invalid_configuration');
  } finally {
    await database.close();
  }
});

test('versions rise one by one from 1', () => {
  assert.deepEqual(MIGRATIONS.map(({ version }) => version), MIGRATIONS.map((_, index) => index + 1));
});
