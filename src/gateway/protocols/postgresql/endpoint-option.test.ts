import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { takeEndpoint } from './endpoint-option.ts';

/** [endpoint, what is left of the options, problem]. */
function take(options: string): [string | null, string | undefined, string | undefined] {
  const { endpoint, parameters, problem } = takeEndpoint(new Map([['user', 'ann'], ['options', options], ['database', 'd']]));
  assert.equal(parameters.get('user'), 'ann');
  assert.equal(parameters.get('database'), 'd');
  return [endpoint, parameters.get('options'), problem];
}

test('the endpoint is found however people write it, and nothing is left', () => {
  for (const options of ['endpoint=ann-orders', '-c endpoint=ann-orders', '-cendpoint=ann-orders', '--endpoint=ann-orders', '  endpoint=Ann-Orders ', 'end\\point\\=ann-orders', '-c  ENDPOINT=ann-orders']) {
    assert.deepEqual(take(options), ['ann-orders', undefined, undefined], options);
  }
});

test('other options stay byte for byte, spaces and backslashes as well', () => {
  assert.deepEqual(take('endpoint=a -c search_path=x'), ['a', '-c search_path=x', undefined]);
  assert.deepEqual(take('-c search_path=x  -c endpoint=a\t--geqo=off'), ['a', '-c search_path=x\t--geqo=off', undefined]);
  assert.deepEqual(take('-c  search_path=a\\ b,\\\\c --endpoint=a'), ['a', '-c  search_path=a\\ b,\\\\c', undefined]);
  const name = Buffer.from('-c search_path=caf\u00e0\u0085s').toString('latin1'); // its bytes include 0xa0 and 0x85, spaces for JavaScript
  assert.deepEqual(take(`${name} endpoint=a`), ['a', name, undefined]);
});

test('what only looks like it is no endpoint, and then nothing changes', () => {
  for (const options of ['', ' ', '-c', '--', '-c search_path=endpoint=a', '-c --endpoint=a', 'a\\ endpoint=b', '-c myendpoint=a', 'xendpoint=a', '\\', 'endpoint']) {
    const parameters = new Map([['options', options]]);
    assert.deepEqual(takeEndpoint(parameters), { endpoint: null, parameters }, options);
    assert.equal(takeEndpoint(parameters).parameters, parameters);
  }
  assert.equal(takeEndpoint(new Map()).endpoint, null);
});

test('the same endpoint twice is fine, two different ones and none are a problem', () => {
  assert.deepEqual(take('endpoint=a -c endpoint=A'), ['a', undefined, undefined]);
  assert.match(take('endpoint=a --endpoint=b')[2] ?? '', /two different/);
  assert.match(take('endpoint=')[2] ?? '', /no database/);
});

test('put in anywhere among other options it is found, and they stay the same words', () => {
  const word = fc.stringMatching(/^[a-z-]([a-z=,\u00a0-\u00ff]|\\ |\\\\){0,8}$/).filter((text) => !/^(?:-c|--)/.test(text) && !text.includes('endpoint'));
  const form = fc.constantFrom('endpoint=', '-c endpoint=', '--endpoint=', '-cendpoint=');
  fc.assert(fc.property(fc.array(word, { maxLength: 5 }), fc.array(word, { maxLength: 5 }), form, fc.stringMatching(/^[a-z0-9-]{1,20}$/), (before, after, how, slug) => {
    const rest = [...before, ...after].join(' ');
    assert.deepEqual(take([...before, `${how}${slug}`, ...after].join(' ')), [slug, rest === '' ? undefined : rest, undefined]);
  }));
});
