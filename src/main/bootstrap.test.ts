import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { hashApiToken } from '../api/secrets.ts';
import { readConfig } from '../config/config.ts';
import { openStore } from '../store/index.ts';
import { ensureAdmin } from './bootstrap.ts';
import { systemClock } from './clock.ts';

test('the admin has a token after every start, and one that was revoked never comes back', async () => {
  await using home = await temporaryDirectory('admin');
  const config = readConfig({ DBMAKER_HOME: home.path });
  const store = await openStore({ home: home.path, databaseUrl: null, clock: systemClock });
  try {
    const start = async (): Promise<{ secret: string; created: boolean; works: boolean }> => {
      const { file, created } = await ensureAdmin(store, config);
      const secret = (await readFile(file, 'utf8')).trim();
      return { secret, created, works: (await store.tokens.findByHash(hashApiToken(secret))) !== null };
    };
    const revokeAll = async (): Promise<void> => {
      for (const { id, userId } of await store.tokens.listByUser('admin')) await store.tokens.delete(userId, id);
    };
    const first = await start();
    assert.deepEqual([first.created, first.works], [true, true]);
    assert.deepEqual(await start(), { ...first, created: false });
    await revokeAll();
    const second = await start();
    assert.deepEqual([second.created, second.works], [true, true]);
    assert.notEqual(second.secret, first.secret);
    assert.equal(await store.tokens.findByHash(hashApiToken(first.secret)), null);
    await revokeAll();
    await writeFile(`${home.path}/admin.token`, 'not a token\n');
    assert.match((await start()).secret, /^dbm_/);
  } finally {
    await store.close();
  }
});

test('a start that was cut off between the file and its row makes the row of the same token', async () => {
  await using home = await temporaryDirectory('admin');
  const store = await openStore({ home: home.path, databaseUrl: null, clock: systemClock });
  try {
    const secret = `dbm_${'a'.repeat(43)}`;
    await writeFile(`${home.path}/admin.token`, `${secret}\n`, { mode: 0o600 });
    assert.equal((await ensureAdmin(store, readConfig({ DBMAKER_HOME: home.path }))).created, true);
    assert.notEqual(await store.tokens.findByHash(hashApiToken(secret)), null);
  } finally {
    await store.close();
  }
});
