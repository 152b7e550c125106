import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressSet, plainAddress } from './source-address.ts';

test('a list of addresses holds single ones and ranges of both families', () => {
  const set = addressSet(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
  for (const address of ['10.1.2.3', '2001:db8:1::1', '192.0.2.7', '::ffff:10.0.0.1']) assert.equal(set.has(address), true, address);
  for (const address of ['11.0.0.1', '2001:db9::1', '192.0.2.8', '::1']) assert.equal(set.has(address), false, address);
  assert.equal(plainAddress('::FFFF:192.0.2.7'), '192.0.2.7');
});
