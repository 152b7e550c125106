import { test } from 'node:test';
import { startServer } from '../support/server.ts';
import { COMMON, sceneOn } from './backups/faults.ts';

test('final backups of local processes: what can go wrong', { timeout: 240_000 }, async (t) => {
  await using server = await startServer({ runtime: 'process' });
  const scene = await sceneOn(server);
  for (const [name, fault] of Object.entries(COMMON)) await t.test(name, () => fault(scene));
});
