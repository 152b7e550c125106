import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { postgresqlError } from './errors.ts';

const answer = (code: string, message = 'said the server'): Error => Object.assign(new Error(message), { code, detail: 'a detail with pa55word', where: 'pa55word' });

test('answers of the server become our codes', () => {
  const expected: Record<string, string> = {
    '57P03': 'endpoint_unreachable', '57P01': 'endpoint_unreachable', '57P02': 'endpoint_unreachable', ECONNREFUSED: 'endpoint_unreachable', ENOENT: 'endpoint_unreachable',
    '28P01': 'access_denied', '28000': 'access_denied', '53100': 'disk_full', '53200': 'out_of_memory', '57014': 'runtime_failed', XX000: 'runtime_failed', ERR_WEIRD: 'runtime_failed',
  };
  for (const [state, code] of Object.entries(expected)) assert.equal(postgresqlError(answer(state), []).code, code, state);
});

test('neither text nor cause holds a secret or the details of the statement', () => {
  const error = postgresqlError(answer('XX000', 'syntax error at "pa55word" or near'), ['pa55word', '']);
  assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes('pa55word'));
  assert.match(error.message, /syntax error at "\*\*\*" or near \(XX000\)/);
});
