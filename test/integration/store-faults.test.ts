/**
 * Full and read-only disks, for real: file systems of a few hundred KB. They are mounted in a mount namespace of our own, so that they are
 * gone with the process whatever happens: the tests at the end of this file run in a child that `unshare` starts.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isDbmakerError } from '../../src/domain/errors.ts';
import { openSecretBox, openStore } from '../../src/store/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { mountEmpty, testInMountNamespace } from '../support/mount-namespace.ts';
import { addInstance, addUser, failure } from '../support/store.ts';
import { temporaryDirectory } from '../support/tmp.ts';

const [INSIDE] = process.argv.slice(2);
const clock = new ManualClock();

if (INSIDE === undefined) {
  test('full and read-only disks, in a mount namespace of our own', async () => {
    await using directory = await temporaryDirectory('faults');
    await testInMountNamespace(import.meta.filename, directory.path);
  });
} else {
  disks(INSIDE);
}

function disks(base: string): void {
  /** Mounts an empty file system of `kilobytes` there. */
  const mount = (name: string, kilobytes: number): string => mountEmpty(base, name, { size: `${kilobytes}k`, mode: '0700' });
  const free = (directory: string): number => {
    const { bfree, bsize } = statfsSync(directory);
    return bfree * bsize;
  };

  test('a disk that fills up: disk_full, nothing lost, and all is well again once there is space', async () => {
    const home = mount('fills', 4096);
    const ballast = path.join(home, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    const store = await openStore({ home, databaseUrl: null, clock });
    const owner = await addUser(store);
    const made: string[] = [];
    const fill = async (): Promise<never> => {
      for (let index = 0; index < 20_000; index += 1) {
        made.push((await addInstance(store, owner, { spec: { database: 'x'.repeat(5000) } })).id);
      }
      throw new Error('the disk does not fill');
    };
    const error = await failure(fill(), 'disk_full');
    assert.match(error.remedy ?? '', /Free some space/);
    assert.ok(free(home) < 512 * 1024);
    const known = async () => (await store.instances.overview()).map(({ id }) => id).sort();
    assert.deepEqual(await known(), made.toSorted());
    await failure(fill(), 'disk_full');
    const beforeRelief = made.length;
    rmSync(ballast);
    made.push((await addInstance(store, owner)).id);
    assert.deepEqual(await known(), made.toSorted());
    assert.equal(made.length, beforeRelief + 1);
    await store.close();
    const again = await openStore({ home, databaseUrl: null, clock });
    assert.equal((await again.instances.overview()).length, made.length);
    await again.close();
  });

  test('a disk that is full before the first start: disk_full', async () => {
    const home = mount('full', 256);
    writeFileSync(path.join(home, 'ballast'), Buffer.alloc(free(home)));
    await failure(openStore({ home, databaseUrl: null, clock }), 'disk_full');
  });

  test('a disk that is read-only at the start: store_read_only, for a new store as for an old one', async () => {
    const old = mount('old', 8192);
    await (await openStore({ home: old, databaseUrl: null, clock })).close();
    const empty = mount('empty', 1024);
    for (const home of [old, empty]) {
      execFileSync('mount', ['-o', 'remount,ro', home]);
      const error = await failure(openStore({ home, databaseUrl: null, clock }), 'store_read_only');
      assert.match(error.remedy ?? '', /writable/);
    }
    await assert.rejects(openSecretBox({ home: empty, key: null }), (thrown) => isDbmakerError(thrown, 'invalid_configuration'));
    execFileSync('mount', ['-o', 'remount,rw', old]);
    await (await openStore({ home: old, databaseUrl: null, clock })).close();
  });

  test('a database file that becomes read-only while we run: store_read_only, reads go on, and so do writes once it is mended', async (context) => {
    const home = path.join(base, 'locked');
    const store = await openStore({ home, databaseUrl: null, clock });
    await store.settings.putIfAbsent('before', '1');
    const files = ['', '-wal'].map((suffix) => path.join(home, `dbmaker.sqlite${suffix}`));
    try {
      execFileSync('chattr', ['+i', ...files], { stdio: 'pipe' });
    } catch (error) {
      // Neither chmod nor a remount stops a process that has the file open: without this attribute there is nothing to test.
      await store.close();
      return context.skip(`this file system or user cannot make files immutable: ${String(error)}`);
    }
    try {
      await failure(store.settings.putIfAbsent('during', '1'), 'store_read_only');
      assert.equal(await store.settings.get('before'), '1');
    } finally {
      execFileSync('chattr', ['-i', ...files]);
    }
    assert.equal(await store.settings.get('during'), null);
    assert.equal(await store.settings.putIfAbsent('during', '2'), '2');
    await store.close();
  });
}
