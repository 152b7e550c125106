import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeError } from './errors.ts';

test('an error is one line whose first word is the code', () => {
  assert.equal(encodeError('WRONGPASS', 'invalid username-password pair').toString(), '-WRONGPASS invalid username-password pair\r\n');
});

test('no text makes a second line, and none is endless', () => {
  fc.assert(fc.property(fc.oneof(fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)), fc.constantFrom('a\r\n+OK\r\n', '\0', 'ä'.repeat(5000))), (text) => {
    const bytes = encodeError('ERR', text);
    assert.equal(bytes.indexOf('\r\n'), bytes.length - 2);
    assert.equal(bytes.indexOf('\n'), bytes.length - 1);
    assert.ok(bytes.length <= 3010);
  }));
});
