import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import type { Queries } from '../schema.ts';
import { openSqlite } from './open.ts';

/** Of SQLite's `synchronous`: whether a commit waits for the disk. */
const [NORMAL, FULL] = [1, 2];

async function synchronous(queries: Queries): Promise<number | undefined> {
  return (await sql<{ synchronous: number }>`pragma synchronous`.execute(queries)).rows[0]?.synchronous;
}

test('only a volatile write does not wait for the disk, and none that comes in between or after is affected', async () => {
  await using home = await temporaryDirectory('store');
  const database = await openSqlite(path.join(home.path, 'x.sqlite'), new ManualClock());
  try {
    const fails = async (): Promise<never> => database.writeVolatile(async () => Promise.reject(new RangeError('on purpose')));
    const seen = await Promise.allSettled([
      database.write(synchronous), database.writeVolatile(synchronous), database.write(synchronous), fails(), database.write(synchronous), database.read(synchronous),
    ]);
    assert.deepEqual(seen.map((one) => (one.status === 'fulfilled' ? one.value : 'failed')), [FULL, NORMAL, FULL, 'failed', FULL, FULL]);
  } finally {
    await database.close();
  }
});
