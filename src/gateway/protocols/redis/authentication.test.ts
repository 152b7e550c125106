import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLogin } from './authentication.ts';

const login = (...words: string[]): ReturnType<typeof readLogin> => readLogin(words.map((word) => Buffer.from(word)));

test('whom a client wants to be', () => {
  assert.deepEqual(login('AUTH', 'pass'), { kind: 'login', username: null });
  assert.deepEqual(login('auth', 'ann-cache', 'pass'), { kind: 'login', username: 'ann-cache' });
  assert.deepEqual(login('HELLO', '3', 'AUTH', 'ann-cache', 'pass'), { kind: 'login', username: 'ann-cache' });
  assert.deepEqual(login('hello', '2', 'setname', 'auth', 'auth', 'ann-cache', 'pass', 'SETNAME', 'x'), { kind: 'login', username: 'ann-cache' });
  assert.deepEqual(login('HELLO', '3', 'AUTH', '', ''), { kind: 'login', username: '' });
});

test('what is no login', () => {
  for (const words of [[], [''], ['PING'], ['HELLO'], ['HELLO', '3'], ['HELLO', '3', 'SETNAME', 'x'], ['authx', 'pass']]) assert.deepEqual(login(...words), { kind: 'other' }, words.join(' '));
});

test('what Redis refuses, in its words (7.0.15)', () => {
  const cases: [string[], string, string][] = [
    [['AUTH'], 'ERR', 'wrong number of arguments for \'auth\' command'],
    [['AUTH', 'a', 'b', 'c'], 'ERR', 'syntax error'],
    [['HELLO', 'x'], 'ERR', 'Protocol version is not an integer or out of range'],
    [['HELLO', '03'], 'ERR', 'Protocol version is not an integer or out of range'],
    [['HELLO', '9'.repeat(20)], 'ERR', 'Protocol version is not an integer or out of range'],
    [['HELLO', '4'], 'NOPROTO', 'unsupported protocol version'],
    [['HELLO', '-3'], 'NOPROTO', 'unsupported protocol version'],
    [['HELLO', '3', 'AUTH', 'a'], 'ERR', 'Syntax error in HELLO option \'AUTH\''],
    [['HELLO', '3', 'Foo'], 'ERR', 'Syntax error in HELLO option \'Foo\''],
    [['HELLO', '3', 'SETNAME'], 'ERR', 'Syntax error in HELLO option \'SETNAME\''],
  ];
  for (const [words, code, text] of cases) assert.deepEqual(login(...words), { kind: 'error', code, text });
});

test('a second AUTH in one HELLO is refused: whose it would be depends on the version of Redis', () => {
  assert.equal(login('HELLO', '3', 'AUTH', 'a', 'x', 'AUTH', 'b', 'y').kind, 'error');
});
