import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { redisError } from './errors.ts';

test('answers of the server become our codes', () => {
  const expected: [string, string][] = [
    ['LOADING Redis is loading the dataset in memory', 'endpoint_unreachable'],
    ['Connection is closed.', 'endpoint_unreachable'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'access_denied'],
    ['NOAUTH Authentication required.', 'access_denied'],
    ['NOPERM this user has no permissions to run the \'acl\' command', 'access_denied'],
    ['MISCONF Errors writing to the AOF file: No space left on device', 'disk_full'],
    ['OOM command not allowed when used memory > \'maxmemory\'.', 'out_of_memory'],
    ['ERR unknown command', 'runtime_failed'],
  ];
  for (const [text, code] of expected) assert.equal(redisError(new Error(text), []).code, code, text);
  assert.equal(redisError(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), []).code, 'endpoint_unreachable');
});

test('neither text nor cause holds a secret or the arguments that ioredis attaches', () => {
  const thrown = Object.assign(new Error('ERR wrong argument pa55word'), { command: { name: 'auth', args: ['ada', 'pa55word'] } });
  assert.ok(!inspect(redisError(thrown, ['pa55word']), { depth: 9, showHidden: true }).includes('pa55word'));
});
