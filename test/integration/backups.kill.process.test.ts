import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KILL_TEST_MS } from '../support/kills.ts';
import { killedBackups } from './backups/kills.ts';

test('kill -9 at any moment of a final backup or a restore loses nothing and leaves nothing over (process runtime)', { timeout: KILL_TEST_MS }, async (t) => {
  const kills = await killedBackups('process', 12);
  t.diagnostic(`${String(kills)} kills`);
  assert.ok(kills >= 12);
});
