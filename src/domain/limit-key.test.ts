import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitKey } from './limit-key.ts';

test('an IPv4 address counts for itself, an IPv6 address for its /64, however it is written', () => {
  assert.equal(limitKey('192.0.2.7'), '192.0.2.7');
  const key = limitKey('2001:db8:0:1::1');
  assert.equal(key, '2001:db8:0:1::/64');
  for (const same of ['2001:0db8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1:2::', '2001:DB8::1:0:0:0:5', '2001:db8:0:1::192.0.2.7']) assert.equal(limitKey(same), key, same);
  for (const other of ['2001:db8::1', '2001:db8:0:2::1', '::1', '::']) assert.notEqual(limitKey(other), key, other);
  assert.equal(limitKey('fe80::1%eth0'), 'fe80:0:0:0::/64');
});
