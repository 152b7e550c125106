import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { quietLog } from '../../../test/support/quiet-log.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { addBackup, addInstance, addUser } from '../../../test/support/store.ts';
import { waitFor } from '../../../test/support/wait.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { BackupFiles } from '../../domain/ports/backups.ts';
import { createBackupFiles } from '../../backups/index.ts';
import { openStore } from '../../store/index.ts';
import { BackupKeeper } from './keeper.ts';

const DAY_MS = 86_400_000;

test('expired backups go with their files, others stay, and what no row knows is told and left alone', async () => {
  await using home = await temporaryDirectory('keeper');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const files = createBackupFiles(home.path);
    const told: unknown[] = [];
    const keeper = new BackupKeeper({ store, files, clock, log: { ...quietLog, warn: (fields) => void told.push(fields) } });
    const instance = await addInstance(store, await addUser(store));
    const make = async (id: string, days: number | null): Promise<string> => {
      const writer = await files.begin({ id, attempt: 1 }, { claim: async () => undefined });
      const file = await writer.file('content', async (output) => void output.end('something'));
      await addBackup(store, instance, { id, files: [file], expiresAt: days === null ? null : clock.now() + days * DAY_MS });
      return path.join(home.path, 'backups', id);
    };
    const [short, long, unfinished, cutOff] = [await make('bshort', 7), await make('blong', 30), await make('bunfinished', null), await make('bcutoff', 30)];
    await store.backups.markRemoving('bcutoff');
    const stray = path.join(home.path, 'backups', 'bstray');
    mkdirSync(stray);
    writeFileSync(path.join(stray, 'precious'), '1');
    writeFileSync(path.join(home.path, 'backups', 'notes.txt'), '1');
    const there = (): boolean[] => [short, long, unfinished, cutOff, stray, path.join(home.path, 'backups', 'notes.txt')].map((one) => existsSync(one));

    await keeper.tidy();
    assert.deepEqual(there(), [true, true, true, false, true, true]);
    assert.equal(await store.backups.get('bcutoff'), null);
    assert.deepEqual(told, [{ name: 'bstray' }, { name: 'notes.txt' }]);
    clock.advance(7 * DAY_MS - 1);
    await keeper.tidy();
    assert.deepEqual(there(), [true, true, true, false, true, true]);
    clock.advance(1);
    await keeper.tidy();
    assert.deepEqual(there(), [false, true, true, false, true, true]);
    assert.equal(await store.backups.get('bshort'), null);
    assert.equal(told.length, 2, 'told once');
  } finally {
    await store.close();
  }
});

test('a clock that is wrong for a moment costs no backup', async () => {
  await using home = await temporaryDirectory('keeper');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  const files = createBackupFiles(home.path);
  const keeper = new BackupKeeper({ store, files, clock, log: quietLog });
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) {
      clock.advance(10 * 60_000);
      await waitFor(() => clock.nextAt() !== null, { what: 'the look to be over', intervalMs: 2 });
    }
  };
  try {
    const instance = await addInstance(store, await addUser(store));
    await addBackup(store, instance, { id: 'bkept', expiresAt: clock.now() + 7 * DAY_MS });
    keeper.start();
    await turns(3);
    clock.advance(8 * DAY_MS);
    await turns(4);
    assert.notEqual(await store.backups.get('bkept'), null, 'not within the hour, in which the clock may be set right');
    await turns(4);
    assert.equal(await store.backups.get('bkept'), null, 'if it stays so, its time is over');
  } finally {
    keeper.stop();
    await store.close();
  }
});

test('a backup that a database waits for is not removed, as long as it waits', async () => {
  await using home = await temporaryDirectory('keeper');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const files = createBackupFiles(home.path);
    const keeper = new BackupKeeper({ store, files, clock, log: quietLog });
    const user = await addUser(store);
    const instance = await addInstance(store, user);
    const file = await (await files.begin({ id: 'bwanted', attempt: 1 }, { claim: async () => undefined })).file('content', async (output) => void output.end('something'));
    const place = await addBackup(store, instance, { id: 'bwanted', files: [file], expiresAt: clock.now() });
    const restoring = await addInstance(store, user, { spec: { restoreFrom: 'bwanted' } });
    const report = async (status: Parameters<typeof store.instances.report>[1]): Promise<void> => {
      const lease = await store.instances.acquireLease(restoring.id, 'worker', 1000);
      assert.ok(lease);
      await store.instances.report(lease, status);
    };
    for (const phase of ['pending', 'failed', 'stopped'] as const) {
      await report({ phase });
      clock.advance(30 * DAY_MS);
      await keeper.tidy();
      await files.verify(place, [file]);
    }
    await report({ phase: 'running', provisioned: true, restored: true });
    await keeper.tidy();
    assert.equal(await store.backups.get('bwanted'), null);
    assert.deepEqual(await files.names(), []);
  } finally {
    await store.close();
  }
});

test('one backup whose files cannot be removed holds up no other, and is tried again', async () => {
  await using home = await temporaryDirectory('keeper');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const told: unknown[] = [];
    let stuck = true;
    const files: Pick<BackupFiles, 'remove' | 'names'> = {
      remove: async (id) => { if (stuck && id === 'bstuck') throw new DbmakerError('backup_failed', 'The backup could not be removed (EPERM).'); },
      names: async () => ['bstray'],
    };
    const keeper = new BackupKeeper({ store, files, clock, log: { ...quietLog, warn: (fields) => void told.push(fields) } });
    const instance = await addInstance(store, await addUser(store));
    for (const id of ['bstuck', 'bother']) {
      await addBackup(store, instance, { id, expiresAt: clock.now() });
      clock.advance(1);
    }
    await keeper.tidy();
    assert.deepEqual((await store.backups.ofInstance(instance.id)).map(({ id, state }) => [id, state]), [['bstuck', 'removing']]);
    assert.equal(told.length, 2, 'of it, and of what no row knows');
    stuck = false;
    await keeper.tidy();
    assert.deepEqual(await store.backups.ofInstance(instance.id), []);
  } finally {
    await store.close();
  }
});

test('the backup of one whose removal is not over yet is kept, though its time is: of the data there may be only a part left', async () => {
  await using home = await temporaryDirectory('keeper');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const keeper = new BackupKeeper({ store, files: createBackupFiles(home.path), clock, log: quietLog });
    const instance = await addInstance(store, await addUser(store));
    await store.instances.change(instance.id, { desired: 'deleted', finalBackup: true });
    await addBackup(store, instance, { id: 'bonly', expiresAt: clock.now() });
    await keeper.tidy();
    assert.equal((await store.backups.get('bonly'))?.state, 'verified');
    const lease = await store.instances.acquireLease(instance.id, 'worker', 1000);
    assert.ok(lease);
    await store.instances.close(lease, { quarantineUntil: 0 });
    await keeper.tidy();
    assert.equal(await store.backups.get('bonly'), null);
  } finally {
    await store.close();
  }
});
