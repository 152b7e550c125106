import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { usernameProblem } from '../names.ts';
import { usernameFrom } from './username-from.ts';

test('a username is the local part of the address as a DNS label', () => {
  const of: Readonly<Record<string, string>> = {
    'Ann.Lee@example.com': 'ann-lee', 'ann+lists@example.com': 'ann', 'JÜRGEN_GROẞ@example.com': 'jurgen-gross', 'Łukasz': 'lukasz', '42@x': 'u-42', 'root@x': 'u-root', 'pg-x@x': 'u-pg-x', '---@x': 'u', '@x': 'u', '': 'u', '王@x': 'u',
  };
  for (const [name, username] of Object.entries(of)) assert.equal(usernameFrom(name), username, name);
  assert.deepEqual([2, 3].map((attempt) => usernameFrom('a'.repeat(50), attempt)), [`${'a'.repeat(30)}-2`, `${'a'.repeat(30)}-3`]);
});

test('whatever somebody is called, the username is valid, and another one each time', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('user', 'postgres', 'xn--a', 'current_user', 'template0')), fc.integer({ min: 2, max: 200 }), (name, attempt) => {
    const [first, other] = [usernameFrom(name), usernameFrom(name, attempt)];
    assert.deepEqual([usernameProblem(first), usernameProblem(other)], [null, null], `${first} ${other}`);
    assert.notEqual(first, other);
  }));
});
