import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { test } from 'node:test';
import { loopbackOf } from './loopback.ts';

test('every instance has a loopback address of its own', () => {
  const all = new Set(Array.from({ length: 65_535 }, (_, index) => loopbackOf(index + 1, 'linux')));
  assert.equal(all.size, 65_535);
  for (const address of all) assert.ok(isIPv4(address) && address.startsWith('127.77.'), address);
});

test('where the host has one loopback address only, that is it', () => {
  assert.equal(loopbackOf(10_000, 'darwin'), '127.0.0.1');
});
