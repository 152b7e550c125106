import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCommand } from './commands.ts';

const array = (args: readonly Uint8Array[]): Buffer => Buffer.concat([Buffer.from(`*${String(args.length)}\r\n`), ...args.flatMap((arg) => [Buffer.from(`$${String(arg.length)}\r\n`), arg, Buffer.from('\r\n')])]);
/** Its words, or its problem, or null while it is not whole. */
function read(text: string | Buffer, offset = 0): string[] | string | null {
  const command = readCommand(Buffer.from(text as string, 'latin1'), offset);
  return command.kind === 'command' ? command.args.map((arg) => arg.toString()) : command.kind === 'invalid' ? command.problem : null;
}

test('what ioredis and redis-cli send: pipelined arrays, one after the other', () => {
  const bytes = Buffer.from('*5\r\n$5\r\nhello\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$9\r\nann-cache\r\n$7\r\nsécret\r\n*4\r\n$6\r\nclient\r\n$7\r\nSETINFO\r\n$7\r\nLIB-VER\r\n$5\r\n6.0.0\r\n');
  const first = readCommand(bytes);
  assert.ok(first.kind === 'command');
  assert.deepEqual(first.args.map(String), ['hello', '3', 'AUTH', 'ann-cache', 'sécret']);
  assert.deepEqual(read(bytes, first.size), ['client', 'SETINFO', 'LIB-VER', '6.0.0']);
  assert.deepEqual(readCommand(bytes, bytes.length), { kind: 'incomplete' });
  assert.deepEqual(read('*3\r\n$4\r\nAUTH\r\n$9\r\nann-cache\r\n$7\r\nse cret\r\n'), ['AUTH', 'ann-cache', 'se cret']);
});

test('inline commands end with \\n, with or without \\r', () => {
  assert.deepEqual(readCommand(Buffer.from('PING\r\nx')), { kind: 'command', args: [Buffer.from('PING')], size: 6 });
  assert.deepEqual(readCommand(Buffer.from('PING\nx')), { kind: 'command', args: [Buffer.from('PING')], size: 5 });
  assert.deepEqual(read('AUTH "ann" \'pass word\'\r\n'), ['AUTH', 'ann', 'pass word']);
});

test('empty commands are skipped and counted in the size, a few of them', () => {
  assert.deepEqual(readCommand(Buffer.from('\r\n\n*0\r\n*-1\r\n  \r\nPING\r\n')), { kind: 'command', args: [Buffer.from('PING')], size: 22 });
  assert.equal(read('\r\n*0\r\n'), null);
  assert.match(String(read('\n'.repeat(65))), /too many empty requests/);
});

test('refuses what Redis refuses of clients that are not logged in, in its words', () => {
  const cases: [string, string][] = [
    ['*11\r\n', 'unauthenticated multibulk length'],
    ['*1\r\n$16385\r\n', 'unauthenticated bulk length'],
    ['*2147483648\r\n', 'invalid multibulk length'], ['*01\r\n', 'invalid multibulk length'], ['*-0\r\n', 'invalid multibulk length'], ['*+1\r\n', 'invalid multibulk length'],
    ['*\r\n', 'invalid multibulk length'], ['*1a\r\n', 'invalid multibulk length'],
    ['*1\r\n$-1\r\n', 'invalid bulk length'], ['*1\r\n$536870913\r\n', 'invalid bulk length'], ['*1\r\n$\r\n', 'invalid bulk length'],
    ['*1\r\n:', 'expected \'$\', got \':\''], ['*1\r\n\r', 'expected \'$\', got \'?\''],
    [`*${'1'.repeat(32)}`, 'too big mbulk count string'], [`*1\r\n$${'1'.repeat(32)}`, 'too big bulk count string'],
    ['AUTH "x\r\n', 'unbalanced quotes in request'],
  ];
  for (const [text, problem] of cases) assert.equal(read(text), `Protocol error: ${problem}`, JSON.stringify(text));
});

test('refuses more than a login needs as soon as it is announced', () => {
  assert.match(String(read(`*10\r\n${`$16384\r\n${'x'.repeat(16384)}\r\n`.repeat(3)}$16384\r\n`)), /unauthenticated bulk length/);
  assert.match(String(read('x'.repeat(16 * 1024))), /too big inline request/);
  assert.equal(read('x'.repeat(16 * 1024 - 1)), null);
  assert.match(String(read(`${'a '.repeat(11)}\n`)), /unauthenticated multibulk length/);
});

test('stricter than Redis: every \\r\\n has to be there, and no zero byte in a line', () => {
  for (const text of ['*1\r\n$4\r\nPINGx', '*1\r\n$4\r\nPING\rx']) assert.match(String(read(text)), /without its end/);
  for (const text of ['AUTH\0', '\0\0\0\x08\x04\xd2\x16/', 'a\0b\r\n']) assert.match(String(read(text)), /zero byte/);
});

test('any arguments come back as they were, wherever the command begins', () => {
  const args = fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 10 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), args, fc.uint8Array({ maxLength: 20 }), (before, sent, after) => {
    const bytes = array(sent);
    const command = readCommand(Buffer.concat([before, bytes, after]), before.length);
    assert.deepEqual(command, { kind: 'command', args: sent.map((arg) => Buffer.from(arg)), size: bytes.length });
  }));
});
