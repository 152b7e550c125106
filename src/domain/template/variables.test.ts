import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fillVariables, findVariables, TEMPLATE_VARIABLES } from './variables.ts';

test('fills known variables and leaves unknown ones alone', () => {
  assert.equal(fillVariables('{username}_db on {nowhere}', { username: 'ann' }), 'ann_db on {nowhere}');
});

test('a value that looks like a placeholder is not filled again', () => {
  assert.equal(fillVariables('{name}', { name: '{password}', password: 'secret' }), '{password}');
});

test('a value with replacement patterns of String.replace is taken literally', () => {
  assert.equal(fillVariables('[{password}]', { password: "$&$1$'" }), "[$&$1$']");
});

test('finds every placeholder once, known or not', () => {
  assert.deepEqual(findVariables('{a}{b}-{a} {not one} {} {1x}'), ['a', 'b']);
});

test('encodes values only, not the text around them', () => {
  assert.equal(fillVariables('a b/{username}', { username: 'ä/b' }, encodeURIComponent), 'a b/%C3%A4%2Fb');
});

test('filling every variable leaves no placeholder behind', () => {
  const values = Object.fromEntries(TEMPLATE_VARIABLES.map((name) => [name, 'x']));
  fc.assert(fc.property(fc.array(fc.oneof(fc.constantFrom(...TEMPLATE_VARIABLES).map((name) => `{${name}}`), fc.stringMatching(/^[a-z:/@]{0,5}$/))), (parts) => {
    assert.deepEqual(findVariables(fillVariables(parts.join(''), values)), []);
  }));
});
