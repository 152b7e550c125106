import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { headerFor } from '../../domain/backup/tar.ts';
import { readTar, tarOf } from './tar.ts';

const inPieces = (bytes: Buffer, size: number): AsyncIterable<Buffer> => Readable.from((function* () {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
})(), { objectMode: false });

test('reads what tar(1) writes, however it is cut, and finds the files that are asked for', async () => {
  await using directory = await temporaryDirectory('tar');
  const long = `${'a'.repeat(120)}/${'b'.repeat(120)}`;
  mkdirSync(path.join(directory.path, long), { recursive: true });
  writeFileSync(path.join(directory.path, long, 'file'), 'long');
  writeFileSync(path.join(directory.path, 'wanted'), Buffer.alloc(20_000, 'x'));
  writeFileSync(path.join(directory.path, 'empty'), '');
  const archive = execFileSync('tar', ['-C', directory.path, '-cf', '-', '.']);
  for (const size of [1, 511, 512, 65_536]) {
    const { entries, beginnings } = await readTar(inPieces(archive, size), ['wanted', `${long}/file`, 'empty', 'missing']);
    assert.equal(entries, 6);
    assert.deepEqual(Object.fromEntries(beginnings), { wanted: Buffer.alloc(8192, 'x'), [`${long}/file`]: Buffer.from('long') });
  }
  for (const end of [100, 513, archive.length - 10_240]) await assert.rejects(readTar(inPieces(archive.subarray(0, end), 4096), []), { code: 'backup_damaged' });
  await assert.rejects(readTar(inPieces(Buffer.alloc(2048, 'no tar'), 512), []), { code: 'backup_damaged' });
});

test('writes what tar(1) reads, and says sizes beyond 8 GiB', async () => {
  const content = Buffer.alloc(1000, 'ä');
  const archive = await buffer(tarOf({ name: 'one', bytes: content.length, content: Readable.from([content]) }));
  assert.equal(execFileSync('tar', ['-tvf', '-'], { input: archive }).toString().replaceAll(/ +/g, ' ').trim(), '-rw------- 0/0 1000 1970-01-01 00:00 one');
  assert.deepEqual(execFileSync('tar', ['-xOf', '-'], { input: archive }), content);
  await assert.rejects(buffer(tarOf({ name: 'one', bytes: 999, content: Readable.from([content]) })), { code: 'backup_damaged' });
  const huge = headerFor('huge', 10 * 2 ** 40);
  assert.match(execFileSync('sh', ['-c', 'tar -tvf - 2> /dev/null || true'], { input: huge }).toString(), / 10995116277760 /);
});
