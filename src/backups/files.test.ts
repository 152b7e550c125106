import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { failure } from '../../test/support/store.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import type { BackupFile } from '../domain/backup/backup.ts';
import { DbmakerError } from '../domain/errors.ts';
import type { BackupFiles, BackupWriter } from '../domain/ports/backups.ts';
import { createBackupFiles } from './index.ts';

const freely = { claim: async () => undefined };
const write = (writer: BackupWriter, content: Buffer): Promise<BackupFile> => writer.file('content', async (output) => void output.end(content));

async function inHome(work: (files: BackupFiles, home: string) => Promise<void>): Promise<void> {
  await using home = await temporaryDirectory('backups');
  await work(createBackupFiles(home.path), home.path);
}

test('a try removes what earlier ones left and nothing of a later one, whenever it wakes up', async () => {
  await inHome(async (files, home) => {
    const [first, second] = [{ id: 'bkept', attempt: 1 }, { id: 'bkept', attempt: 2 }];
    await write(await files.begin(first, freely), Buffer.from('half'));
    const made = await write(await files.begin(second, freely), Buffer.from('whole'));
    await files.seal(second);
    assert.deepEqual(readdirSync(path.join(home, 'backups', 'bkept')), ['2']);
    // Frozen until now, before and after its first byte.
    await write(await files.begin(first, freely), Buffer.from('late'));
    await files.giveUp(first);
    await files.giveUp(first);
    await files.verify(second, [made]);
    assert.deepEqual(await buffer(await files.read(second, made)), Buffer.from('whole'));
    await files.giveUp({ id: 'bkept', attempt: 3 });
    assert.deepEqual(readdirSync(path.join(home, 'backups', 'bkept')), [], 'nothing is left of one that was cut off');
    await files.remove('bkept');
    assert.deepEqual(await files.names(), []);
  });
});

test('a backup of before tries were numbered is read as it lies, and half of one goes with the next try', async () => {
  await inHome(async (files, home) => {
    const directory = path.join(home, 'backups', 'bolder');
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, 'content'), 'old');
    const old = { name: 'content', bytes: 3, sha256: '1c9afef8eb9f6a6b5a9a4f2f1b4b6d5d4b2f0a1b8b4f3e0d5a9f6c7e8d9c0b1a' };
    assert.deepEqual(await buffer(await files.read({ id: 'bolder', attempt: 0 }, old)), Buffer.from('old'));
    await failure(files.verify({ id: 'bolder', attempt: 0 }, [old]), 'backup_damaged');
    await files.begin({ id: 'bolder', attempt: 1 }, freely);
    assert.deepEqual(readdirSync(directory), ['1']);
  });
});

test('no byte is written that was not claimed before, and what the claim says is what the writing fails with', async () => {
  await inHome(async (files) => {
    let [claimed, written] = [0, 0];
    const writer = await files.begin({ id: 'blarge', attempt: 1 }, {
      claim: async (bytes) => {
        if (bytes > 300_000) throw new DbmakerError('quota_exceeded', 'No room.');
        claimed = bytes;
      },
      onBytes: (bytes) => {
        written += bytes;
        assert.ok(written <= claimed);
      },
    });
    await write(writer, randomBytes(100_000));
    await failure(writer.file('more', async (output) => {
      for (let n = 0; n < 100; n += 1) if (!output.write(randomBytes(10_000))) await new Promise((resolve) => setImmediate(resolve));
      output.end();
    }), 'quota_exceeded');
    assert.ok(written <= 300_000);
  });
});

test('while the disk has no more left than its reserve, none is begun', async () => {
  await using home = await temporaryDirectory('backups');
  const { bavail, bsize } = statfsSync(home.path);
  const files = createBackupFiles(home.path, { reserveBytes: bavail * bsize * 2 });
  await failure(files.requireRoom(), 'disk_full');
  await failure(files.begin({ id: 'bnone', attempt: 1 }, freely), 'disk_full');
  assert.deepEqual(await files.names(), []);
  await createBackupFiles(home.path, { reserveBytes: 0 }).requireRoom();
});

test('writing that fails while its source is silent is told once the source is done, and ends nothing else', async () => {
  await inHome(async (files) => {
    const writer = await files.begin({ id: 'bsilent', attempt: 1 }, { claim: async () => Promise.reject(new DbmakerError('quota_exceeded', 'No room.')) });
    await failure(writer.file('content', async (output) => {
      output.write('something');
      await new Promise((resolve) => setTimeout(resolve, 50)); // an unhandled rejection would be one by now
    }), 'quota_exceeded');
  });
});
