import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killedBackups } from './backups/kills.ts';

test('kill -9 at any moment of a final backup or a restore loses nothing and leaves nothing over (process runtime)', { timeout: 10 * 60_000 }, async (t) => {
  const kills = await killedBackups('process', 3);
  t.diagnostic(`${String(kills)} kills`);
  assert.ok(kills >= 12);
});
