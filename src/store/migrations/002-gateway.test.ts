import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { addInstance, addUser } from '../../../test/support/store.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { OPEN_ACCESS } from '../../domain/instance/instance.ts';
import { openSqlite } from '../sqlite/open.ts';
import { SqlStore } from '../store.ts';
import { initial } from './001-initial.ts';
import { runMigrations } from './run.ts';

test('databases of before the gateway are open to everybody as they were, and take what it adds', async () => {
  await using home = await temporaryDirectory('migrate');
  const database = await openSqlite(path.join(home.path, 'x.sqlite'), new ManualClock());
  const store = new SqlStore(database);
  try {
    await runMigrations(database, [initial]);
    const { id } = await addInstance(store, await addUser(store));
    await database.write((queries) => sql`update instances set spec = json_remove(spec, '$.access')`.execute(queries));
    await store.migrate();
    assert.deepEqual((await store.instances.get(id))?.spec.access, OPEN_ACCESS);
    assert.deepEqual((await store.instances.routes()).map((route) => [route.id, route.access]), [[id, OPEN_ACCESS]]);
    assert.equal(await store.activity.get(id, 1), null);
    await store.instances.change(id, { access: { tlsOnly: true } });
    assert.deepEqual((await store.instances.get(id))?.spec.access, { tlsOnly: true, allow: [] });
  } finally {
    await store.close();
  }
});
