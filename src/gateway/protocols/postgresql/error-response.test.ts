import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BackendReader, readErrorFields } from './backend-messages.ts';
import { encodeErrorResponse } from './error-response.ts';

function fields(bytes: Buffer): Record<string, string> {
  const reader = new BackendReader();
  reader.push(bytes);
  const message = reader.next();
  assert.ok(message?.type === 'E' && reader.rest().length === 0);
  assert.equal(message.body.at(-1), 0);
  return Object.fromEntries(readErrorFields(message.body));
}

test('severity, SQLSTATE, message and hint stand where clients look for them', () => {
  assert.deepEqual(fields(encodeErrorResponse({ severity: 'FATAL', code: '57P03', message: 'Träge', hint: 'Try again.' })), { S: 'FATAL', V: 'FATAL', C: '57P03', M: 'Träge', H: 'Try again.' });
  assert.deepEqual(fields(encodeErrorResponse({ severity: 'ERROR', code: '3D000', message: 'No.' })), { S: 'ERROR', V: 'ERROR', C: '3D000', M: 'No.' });
});

test('any text leaves one well-formed message that libpq takes (30,000 bytes at most)', () => {
  const text = fc.oneof(fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)), fc.constantFrom('\0H', 'x\0\0', '€'.repeat(5000), '💾'.repeat(2500)));
  fc.assert(fc.property(text, text, (message, hint) => {
    const bytes = encodeErrorResponse({ severity: 'FATAL', code: 'XX000', message, hint });
    assert.ok(bytes.length < 30_000);
    assert.deepEqual(Object.keys(fields(bytes)), ['S', 'V', 'C', 'M', 'H']);
  }));
});
