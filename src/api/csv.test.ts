import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvHead, csvLine } from './csv.ts';

test('cells are in quotes, so that commas, quotes and new lines in them stay in them', () => {
  assert.equal(csvLine(['a', 'b,c', 'say "x"', 'two\nlines', '']), '"a","b,c","say ""x""","two\nlines",""\r\n');
});

test('what a spreadsheet would calculate is a text', () => {
  for (const cell of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1']) assert.equal(csvLine([cell]), `"'${cell}"\r\n`);
  assert.equal(csvLine(['a=1', ' =1', '{"a":1}']), '"a=1"," =1","{""a"":1}"\r\n');
});

test('a file begins with what says that it is UTF-8', () => {
  assert.deepEqual([...Buffer.from(csvHead(['a'])).subarray(0, 4)], [0xef, 0xbb, 0xbf, 0x22]);
});
