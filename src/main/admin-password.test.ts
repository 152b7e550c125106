import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { quietLog } from '../../test/support/quiet-log.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { createIssuer } from '../issuer/index.ts';
import { openSecretBox, openStore } from '../store/index.ts';
import { firstPassword, forgetPassword } from './admin-password.ts';
import { ADMIN_ID } from './bootstrap.ts';

const FORM = /^[a-z0-9]{5}(-[a-z0-9]{5}){3}$/;

async function world() {
  const home = await temporaryDirectory('first-password');
  const store = await openStore({ home: home.path, databaseUrl: null, clock: new ManualClock() });
  await store.users.create({ id: ADMIN_ID, username: 'admin', displayName: 'Admin', email: null, role: 'admin', quota: { instances: 1, memoryBytes: 1, cpus: 1, backupBytes: 1 } });
  const box = await openSecretBox({ home: home.path, key: null });
  const { accounts } = createIssuer({ store, box, clock: new ManualClock(), log: quietLog, publicUrl: () => 'http://localhost:1', onPassword: () => forgetPassword(home.path) });
  return {
    store, accounts,
    file: path.join(home.path, 'admin.password'),
    first: (isTerminal: boolean) => firstPassword({ accounts, store, home: home.path, isTerminal }),
    /** Whether it is the one that the account has. */
    change: async (current: string) => accounts.changePassword(ADMIN_ID, 'admin', { current, next: 'a horse and a battery' }, { source: null, keep: null }),
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

test('on a terminal the one-time password of the first admin is said once, and is in no file', async () => {
  await using house = await world();
  await writeFile(house.file, 'of a start that was cut off before there was an account');
  const said = await house.first(true);
  assert.ok(said !== null && 'password' in said);
  assert.match(said.password, FORM);
  assert.equal(existsSync(house.file), false);
  assert.deepEqual([await house.first(true), await house.first(false)], [null, null]);
  await house.change(said.password);
});

test('elsewhere it is in a file that only we can read, which every start points to, until it is changed', async () => {
  await using house = await world();
  assert.deepEqual([await house.first(false), await house.first(false), await house.first(true)], [{ file: house.file }, { file: house.file }, { file: house.file }]);
  assert.equal(statSync(house.file).mode & 0o777, 0o600);
  const password = (await readFile(house.file, 'utf8')).trim();
  assert.match(password, FORM);
  await house.change(password);
  assert.equal(existsSync(house.file), false);
  assert.equal(await house.first(false), null);
});

test('another one that an admin sets takes the file away, and so does the next start after another process has changed it', async () => {
  await using house = await world();
  await house.first(false);
  await house.accounts.setOneTimePassword(ADMIN_ID, { tokens: false });
  assert.equal(existsSync(house.file), false);
  await writeFile(house.file, 'left over');
  await house.store.signIn.accounts.put({ userId: ADMIN_ID, passwordHash: 'x', mustChange: false });
  assert.equal(await house.first(false), null);
  assert.equal(existsSync(house.file), false);
});

test('of two homes that start on one store at once, the one whose account it is not says nothing', async () => {
  await using house = await world();
  const away = await temporaryDirectory('other-home');
  const other = firstPassword({ accounts: house.accounts, store: house.store, home: away.path, isTerminal: false });
  const both = await Promise.all([house.first(false), other]);
  const said = both.find((one) => one !== null);
  assert.ok(said !== null && said !== undefined && 'file' in said && both.includes(null), JSON.stringify(both));
  assert.equal([house.file, path.join(away.path, 'admin.password')].filter((file) => existsSync(file)).length, 1);
  await house.change((await readFile(said.file, 'utf8')).trim());
  await away[Symbol.asyncDispose]();
});

test('a start that was cut off before there was an account, and several at once, end with the one password that is in the file', async () => {
  await using house = await world();
  await writeFile(house.file, 'abcde-fghij-klmno-pqrst\n', { mode: 0o600 });
  assert.deepEqual(await Promise.all(Array.from({ length: 5 }, () => house.first(false))), new Array(5).fill({ file: house.file }));
  assert.deepEqual(readdirSync(path.dirname(house.file)).filter((name) => name.startsWith('admin.')), ['admin.password']);
  await house.change('abcde-fghij-klmno-pqrst');
});
