import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../../test/support/tmp.ts';
import { systemClock } from '../../../main/clock.ts';
import { createPostgresql } from './postgresql.ts';

test('a cluster that the image had begun and not finished is not taken for a complete one', async () => {
  await using directory = await temporaryDirectory('cluster');
  const home = directory.path;
  const { inspectData } = createPostgresql({ home, modules: home, cache: home, clock: systemClock, host: () => Promise.reject(new Error('unused')), uidOf: () => Promise.resolve(null) });
  assert.equal(await inspectData(home), 'empty');
  await writeFile(path.join(home, 'PG_VERSION'), '15\n');
  assert.equal(await inspectData(home), 'complete');
  await writeFile(path.join(home, 'dbmaker.initialising'), ''); // docker/postgresql/entrypoint.sh
  await assert.rejects(inspectData(home), { code: 'data_misplaced' });
});
