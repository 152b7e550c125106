/** A small disk of our own, in a mount namespace that is gone with the test. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { test } from 'node:test';
import { createBackupFiles } from '../../src/backups/index.ts';
import { mountEmpty, testInMountNamespace } from '../support/mount-namespace.ts';
import { failure } from '../support/store.ts';
import { temporaryDirectory } from '../support/tmp.ts';

const MIB = 1024 * 1024;
const [INSIDE] = process.argv.slice(2);

if (INSIDE === undefined) {
  test('backups leave a reserve of the disk, in a mount namespace of our own', { timeout: 60_000 }, async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root can mount file systems');
    await using directory = await temporaryDirectory('reserve', { open: true });
    await testInMountNamespace(import.meta.filename, directory.path);
  });
} else {
  const base = INSIDE;

  for (const [name, reserveBytes, expected] of [['by default a hundredth of a small disk', null, 1.28 * MIB], ['as configured', 16 * MIB, 16 * MIB]] as const) {
    test(`a disk that fills up while a backup is written keeps its reserve, ${name}`, async () => {
      const home = mountEmpty(base, reserveBytes === null ? 'default' : 'configured', { size: '128m', mode: '0700' });
      const free = (): number => statfsSync(home).bavail * statfsSync(home).bsize;
      const files = createBackupFiles(home, { reserveBytes });
      const place = { id: 'blarge', attempt: 1 };
      const writer = await files.begin(place, { claim: async () => undefined });
      const error = await failure(writer.file('content', async (output) => {
        const piece = randomBytes(MIB / 4);
        for (let n = 0; n < 800; n += 1) await new Promise<void>((resolve, reject) => output.write(piece, (failed) => { if (failed) reject(failed); else resolve(); }));
      }), 'disk_full');
      assert.match(error.remedy ?? '', /Make room/);
      assert.ok(free() >= expected && free() < expected + 2 * MIB, `${String(free())} bytes are free`);
      await files.giveUp(place);
      assert.ok(free() > 120 * MIB, 'half a backup is given back');
      await files.requireRoom();
    });
  }
}
