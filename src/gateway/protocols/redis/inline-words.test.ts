import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitInlineWords } from './inline-words.ts';

const split = (line: string): string[] | null => splitInlineWords(Buffer.from(line, 'latin1'))?.map((word) => word.toString('latin1')) ?? null;

test('words, quotes and escapes as Redis reads them', () => {
  const cases: [string, string[] | null][] = [
    ['', []], [' \t\v\f\r ', []],
    ['AUTH  ann pass\r', ['AUTH', 'ann', 'pass']],
    ['"a \\"b\\" \\x41\\n\\q" \'it\\\'s \\n\'', ['a "b" A\nq', 'it\'s \\n']],
    ['"" \'\'', ['', '']],
    ['a"b c"', ['ab c']],
    ['a\\x41', ['a\\x41']], // escapes are for quotes
    ['"\\xZZ" "\\x4"', ['xZZ', 'x4']],
    ['a\vb \vc', ['a\vb', 'c']],
    ['\u00a0\u0085', ['\u00a0\u0085']],
    ['"a', null], ['\'a', null], ['"a\\"', null], ['"a"b', null], ['\'a\'"b"', null], ['A\'UT\'H', null],
  ];
  for (const [line, words] of cases) assert.deepEqual(split(line), words, JSON.stringify(line));
});

test('any words come back that were quoted with \\x', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 }), (words) => {
    const line = words.map((word) => `"${Array.from(word, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`).join(' ');
    assert.deepEqual(splitInlineWords(Buffer.from(line)), words.map((word) => Buffer.from(word)));
  }));
});
