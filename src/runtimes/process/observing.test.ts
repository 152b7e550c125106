import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { quietLog } from '../../../test/support/quiet-log.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { systemClock } from '../../main/clock.ts';
import { createProcessRuntime } from './index.ts';
import { instancePaths } from './paths.ts';

const ENDED = `00000000-0000-0000-0000-000000000000 999999 (postgres) S 1 ${'0 '.repeat(17)}1 0`;
const DEFINITION = { engine: 'redis', fingerprint: 'f', uid: null, resources: { memoryBytes: 1, cpus: 1, pids: 1 }, socketName: 's', settings: {}, cgroup: null };

test('an instance that is removed while everything is looked at does not keep anybody from being seen', async () => {
  await using home = await temporaryDirectory('observe');
  const runtime = createProcessRuntime({ home: home.path, homeId: 'observe', log: quietLog, clock: systemClock });
  const paths = instancePaths(home.path, 'abcdefghijkl');
  let over = false;
  const comingAndGoing = (async () => {
    while (!over) {
      await mkdir(paths.directory, { recursive: true });
      await writeFile(paths.definition, JSON.stringify(DEFINITION));
      await writeFile(paths.process, ENDED);
      await rm(paths.directory, { recursive: true, force: true, maxRetries: 5 });
    }
  })();
  try {
    for (let looks = 0; looks < 1000; looks++) assert.ok((await runtime.observeAll()).length <= 1);
  } finally {
    over = true;
    await comingAndGoing;
  }
});
