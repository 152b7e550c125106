import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Where the files of a finished backup lie: in the directory of the one try that is left of it. */
export function backupDirectory(home: string, id: string): string {
  const all = path.join(home, 'backups', id);
  const tries = readdirSync(all);
  assert.equal(tries.length, 1, `what is left of the backup ${id}: ${tries.join(', ')}`);
  return path.join(all, tries[0] ?? '');
}
