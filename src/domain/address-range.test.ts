import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddressRange } from './address-range.ts';

test('addresses and ranges of both families are taken, IPv6 in one spelling; everything else is not', () => {
  const taken: Record<string, string> = {
    '10.0.0.7': '10.0.0.7', ' 10.0.0.0/8 ': '10.0.0.0/8', '0.0.0.0/0': '0.0.0.0/0', '2001:DB8:0:0::/32': '2001:db8::/32', '::1': '::1', '::ffff:1.2.3.4': '1.2.3.4', '::FFFF:a00:7/104': '10.0.0.7/8', '::ffff:0:0/96': '0.0.0.0/0', '::/0': '::/0', '::ffff:0:0/95': '::ffff:0:0/95', 'fe80::1/128': 'fe80::1/128',
  };
  for (const [text, kept] of Object.entries(taken)) assert.equal(parseAddressRange(text), kept, text);
  for (const text of ['', '10.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', '::/129', '1::2::3', 'example.com', '10.0.0.0/8/8', '::1%eth0', '[::1]', ':']) {
    assert.equal(parseAddressRange(text), undefined, text);
  }
});
