import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { newInstance, RANGE } from '../../../test/support/store.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { OPEN_ACCESS } from '../../domain/instance/instance.ts';
import { newRow } from '../instance-row.ts';
import type { Database } from '../database.ts';
import type { NewUser } from '../../domain/user/user.ts';
import type { InstanceRow, UserRow } from '../schema.ts';
import type { NewInstance } from '../../domain/ports/store.ts';
import { openSqlite } from '../sqlite/open.ts';
import { SqlStore } from '../store.ts';
import { initial } from './001-initial.ts';
import { runMigrations } from './run.ts';

test('databases of the first version are open to everybody as they were, keep their policies, and take what was added since', async () => {
  await using home = await temporaryDirectory('migrate');
  const database = await openSqlite(path.join(home.path, 'x.sqlite'), new ManualClock());
  const store = new SqlStore(database);
  try {
    await runMigrations(database, [initial]);
    const user = await addOldUser(database);
    const id = await addOld(database, newInstance(user, await store.ports.reserve(RANGE, 60_000), { spec: { sleepAfterMs: 7, removeAfterMs: null } }));
    await database.write((queries) => sql`update instances set spec = json_remove(spec, '$.access')`.execute(queries));
    await store.migrate();
    assert.deepEqual((await store.instances.get(id))?.spec.access, OPEN_ACCESS);
    assert.deepEqual((await store.instances.routes()).map((route) => [route.id, route.access]), [[id, OPEN_ACCESS]]);
    assert.equal(await store.activity.get(id, 1), null);
    const [subject] = await store.instances.policySubjects(1);
    assert.deepEqual([subject?.sleepAfterMs, subject?.removeAfterMs, subject?.lastActionAt], [7, null, database.clock.now()]);
    assert.equal((await store.instances.get(id))?.health, null);
    await store.instances.change(id, { access: { tlsOnly: true } });
    assert.deepEqual((await store.instances.get(id))?.spec.access, { tlsOnly: true, allow: [] });
    assert.deepEqual((await store.users.get(user.id))?.quota, { ...user.quota, backupBytes: 10 * 1024 ** 3 });
  } finally {
    await store.close();
  }
});

async function addOldUser(database: Database): Promise<NewUser> {
  const user = { id: 'u1', username: 'ada', displayName: 'Ada', email: null, role: 'user', quota: { instances: 9, memoryBytes: 2 ** 40, cpus: 9, backupBytes: 0 } } as const;
  const { quota, displayName: display_name, ...same } = user;
  const old = { ...same, display_name, created_at: 1, quota_instances: quota.instances, quota_memory_bytes: quota.memoryBytes, quota_cpus: quota.cpus };
  await database.write((queries) => queries.insertInto('users').values(old as unknown as UserRow).execute());
  return user;
}

/** As the first version wrote it: without what came later. */
async function addOld(database: Database, instance: NewInstance): Promise<string> {
  const {
    health: _health, last_action_at: _last, sleep_after_ms: _sleep, remove_after_ms: _remove, expires_at: _expires, warned_at: _warned, warned_for: _for, ...old
  } = newRow(instance, database.clock.now());
  await database.write((queries) => queries.insertInto('instances').values(old as InstanceRow).execute());
  return instance.id;
}
