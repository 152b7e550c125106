import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Guess, guessProtocol } from './first-bytes.ts';

const guess = (text: string): Guess => guessProtocol(Buffer.from(text, 'latin1'));

test('what clients begin with', () => {
  const cases: [string, Guess][] = [
    ['\x16\x03\x01\x02\x00\x01', 'tls'], ['\x16\x03\x03', 'tls'], ['\x16\x02', 'unknown'], ['\x80\x2e\x01', 'unknown'],
    ['\0\0\0\x08\x04\xd2\x16\x2f', 'postgresql'], ['\0\0\0\x08\x04\xd2\x16\x30', 'postgresql'], ['\0\0\0\x10\x04\xd2\x16\x2e', 'postgresql'],
    ['\0\0\0\x38\0\x03\0\0user', 'postgresql'], ['\0\0\0\x38\0\x03\0\x02user', 'postgresql'],
    ['\0\0\0\x07', 'unknown'], ['\0\0\x27\x11', 'unknown'], ['\0\x01', 'unknown'], ['\0\0\0\x38\0\x02', 'unknown'],
    ['*3\r\n$4\r\nAUTH', 'redis'], ['*x', 'unknown'], ['PING\r\n', 'unknown'],
    ['GET / HTTP/1.1\r\n', 'http'], ['HEAD /', 'http'], ['OPTIONS *', 'http'], ['CONNECT x', 'http'], ['PRI * HTTP/2.0', 'http'], ['get /', 'unknown'], ['GETX', 'unknown'],
    ['SSH-2.0-x', 'unknown'], ['\x10\x18\0\x04MQTT', 'unknown'],
  ];
  for (const [text, expected] of cases) assert.equal(guess(text), expected, JSON.stringify(text));
});

test('it waits only for what can still become something', () => {
  for (const text of ['', '\x16', '*', '\0', '\0\0\0', '\0\0\0\x08', '\0\0\0\x08\x04', 'G', 'P', 'PU', 'OPTIONS']) assert.equal(guess(text), 'incomplete', JSON.stringify(text));
});

test('eight bytes are always enough, and more change nothing', () => {
  const start = fc.constantFrom('', '\0\0', '\0\0\0\x38', '*', '\x16', '\x16\x03', 'GET', 'OPTIONS', 'P', 'CONNECT');
  fc.assert(fc.property(start, fc.uint8Array({ minLength: 8, maxLength: 20 }), (text, rest) => {
    const bytes = Buffer.concat([Buffer.from(text, 'latin1'), rest]);
    assert.notEqual(guessProtocol(bytes.subarray(0, 8)), 'incomplete');
    assert.equal(guessProtocol(bytes), guessProtocol(bytes.subarray(0, 8)));
  }), { numRuns: 1000 });
});
