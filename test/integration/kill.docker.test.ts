import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KILL_TEST_MS } from '../support/kills.ts';
import { killTest } from './kill-harness.ts';

const KILLS = 15;

test('kill -9 at any moment loses nothing and orphans nothing (docker runtime)', { timeout: KILL_TEST_MS }, async (t) => {
  const { kills, history } = await killTest({ runtime: 'docker', kills: KILLS, limit: 4 });
  t.diagnostic(`${kills} kills, ${history.length} steps, ${history[0] ?? ''}`);
  assert.ok(kills > 0);
});
