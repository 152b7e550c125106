import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crc64 } from './crc64.ts';

test('CRC-64 of Redis: the check value of its source, in pieces as well', () => {
  const whole = new Crc64();
  whole.update(Buffer.from('123456789'));
  assert.equal(whole.digest().toString(16), 'e9c6d914c4b8d9ca');
  const pieces = new Crc64();
  for (const piece of ['1', '2345', '', '6789']) pieces.update(Buffer.from(piece));
  assert.equal(pieces.digest(), whole.digest());
});
