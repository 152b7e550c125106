import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeCancelRequest } from './cancel-request.ts';
import { readPreamble } from './preamble.ts';

test('as psql sends it', () => {
  assert.equal(encodeCancelRequest(0x73d6, Buffer.from('7a7008aa', 'hex')).toString('hex'), '0000001004d2162e000073d67a7008aa');
});

test('what was written is read again, also with long keys and ids that are negative', () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.uint8Array({ minLength: 4, maxLength: 256 }), (processId, bytes) => {
    const key = Buffer.from(bytes);
    assert.deepEqual(readPreamble(encodeCancelRequest(processId, key)), { kind: 'cancel-request', processId, key, size: 12 + key.length });
  }));
});
