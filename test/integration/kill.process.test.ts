import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KILL_TEST_MS } from '../support/kills.ts';
import { killTest } from './kill-harness.ts';

const KILLS = 30;

test('kill -9 at any moment loses nothing and orphans nothing (process runtime)', { timeout: KILL_TEST_MS }, async (t) => {
  const { kills, history } = await killTest({ runtime: 'process', kills: KILLS, limit: 6 });
  t.diagnostic(`${kills} kills, ${history.length} steps, ${history[0] ?? ''}`);
  assert.ok(kills > 0);
});
