import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { preferredWaitMs } from './wait.ts';

test('reads wait=N wherever it stands among other preferences', () => {
  for (const header of ['wait=60', 'WAIT=60', 'respond-async, wait=60', 'wait=60; x=y', 'wait = "60"', 'return=minimal;wait=60,other']) assert.equal(preferredWaitMs(header), 60_000, header);
});

test('what is no such wish is no wait, and nobody waits longer than two minutes', () => {
  for (const header of [undefined, '', 'wait', 'wait=', 'wait=-1', 'wait=1.5', 'wait=soon', 'await=5', 'wait=5s']) assert.equal(preferredWaitMs(header), 0, header);
  assert.equal(preferredWaitMs('wait=999999999'), 120_000);
});

test('any header gives a bounded whole number', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `wait=${text}`)), (header) => {
    const ms = preferredWaitMs(header);
    assert.ok(Number.isInteger(ms) && ms >= 0 && ms <= 120_000);
  }));
});
