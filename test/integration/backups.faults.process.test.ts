import { test } from 'node:test';
import { makePerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { type Scene, confirmedWritesAreKept, damagedIsRefused, throughTheApi, withoutBackup } from './backups/faults.ts';

test('final backups of local processes: what can go wrong', { timeout: 240_000 }, async (t) => {
  await using server = await startServer({ runtime: 'process' });
  const scene: Scene = { server, ann: await makePerson(server, 'ann', { instances: 100, memoryBytes: 2 ** 40, cpus: 1000 }) };
  const faults = {
    'what was confirmed to a client that writes until it is cut off is in the backup': confirmedWritesAreKept,
    'a damaged backup is refused by its checksum and left as it is': damagedIsRefused,
    'owners see, fetch, restore and delete their backups, others do not': throughTheApi,
    'without a backup where nobody wants one': withoutBackup,
  };
  for (const [name, fault] of Object.entries(faults)) await t.test(name, () => fault(scene));
});
