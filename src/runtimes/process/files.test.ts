import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { listDirectory } from './files.ts';

test('a directory is listed whole, or only as far as somebody wants to know', async () => {
  await using directory = await temporaryDirectory('files');
  assert.deepEqual(await listDirectory(directory.path), []);
  assert.deepEqual(await listDirectory(path.join(directory.path, 'missing'), 1), []);
  const names = Array.from({ length: 20 }, (_, index) => `file-${String(index).padStart(2, '0')}`);
  for (const name of names) await writeFile(path.join(directory.path, name), '');
  assert.deepEqual((await listDirectory(directory.path)).sort(), names);
  assert.equal((await listDirectory(directory.path, 1)).length, 1);
  assert.equal((await listDirectory(directory.path, 7)).length, 7);
});
