import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../ports/runtime.ts';
import { explainEnd, withoutSecrets } from './explain.ts';

const resources = { memoryBytes: 64 * 1024 * 1024, cpus: 1, pids: 100 };
const ended: Observation = { id: 'a', state: 'exited', exitCode: 1, outOfMemory: false, startedAt: 1, finishedAt: 2, endpoint: null, fingerprint: null, dataPresent: true };

test('out of memory is named with the limit, whatever the log says', () => {
  const reason = explainEnd({ ...ended, outOfMemory: true, exitCode: 137 }, resources, 'No space left on device', false);
  assert.equal(reason.code, 'out_of_memory');
  assert.match(reason.message, /64 MB/);
});

test('a full disk is recognised in the log', () => {
  assert.equal(explainEnd(ended, resources, 'PANIC:  could not write to file: No space left on device', false).code, 'disk_full');
});

test('an end before readiness shows the exit code and the telling line of the log', () => {
  const reason = explainEnd(ended, resources, 'starting\nFATAL:  bad configuration\nbye', true);
  assert.equal(reason.code, 'exited_at_start');
  assert.match(reason.message, /exit code 1 .*FATAL: {2}bad configuration/);
  assert.equal(reason.logTail, 'starting\nFATAL:  bad configuration\nbye');
});

test('an end without a log and without an exit code still makes a sentence', () => {
  assert.equal(explainEnd({ ...ended, exitCode: null }, resources, '', false).message, 'The database ended unexpectedly.');
});

test('secrets are cut out of texts that are shown', () => {
  assert.equal(withoutSecrets('login with hunter2 and hunter2 failed', ['hunter2', '']), 'login with [secret] and [secret] failed');
});
