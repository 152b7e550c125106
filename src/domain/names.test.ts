import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildSlug, displayTextProblem, emailProblem, instanceNameProblem, typeProblem, usernameProblem } from './names.ts';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

test('accepts ordinary instance names', () => {
  for (const name of ['orders', 'a', '7', 'my-db-2', 'x'.repeat(40)]) assert.equal(instanceNameProblem(name), null, name);
});

test('refuses spaces, emoji, SQL, paths, capitals, 300 characters', () => {
  const bad = ['', ' ', 'my db', '💾', 'x;DROP TABLE users', "'--", '../etc', 'Orders', 'a_b', '-a', 'a-', 'ä', 'a\n', 'a\0', 'x'.repeat(41), 'x'.repeat(300)];
  for (const name of bad) assert.match(instanceNameProblem(name) ?? '', /must be 1 to 40 characters/, JSON.stringify(name));
});

test('usernames start with a letter and are not reserved', () => {
  for (const name of ['ann', 'admin', 'a', 'bob-2', 'x'.repeat(32)]) assert.equal(usernameProblem(name), null, name);
  for (const name of ['postgres', 'public', 'none', 'root', 'default', 'pg-monitor', 'xn-a', 'api', 'template1']) assert.equal(usernameProblem(name), 'is reserved', name);
  for (const name of ['', '1ann', 'Ann', 'pg_monitor', 'a--b', 'a-', 'ann@x', 'x'.repeat(33)]) assert.match(usernameProblem(name) ?? '', /must be/, name);
});

test('types are short labels', () => {
  for (const type of ['redis', 'postgresql', 'memcached', 'mongo-7']) assert.equal(typeProblem(type), null, type);
  for (const type of ['', 'My SQL', 'a/b', '7up', 'x'.repeat(21), '..']) assert.match(typeProblem(type) ?? '', /must be/, type);
  assert.equal(typeProblem('api'), 'is reserved');
});

test('any valid username and type make a slug that is a DNS label', () => {
  const label = (max: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[a-z]([a-z0-9-]{0,${String(max - 2)}}[a-z0-9])?$`));
  fc.assert(fc.property(label(32), label(20), (username, type) => {
    fc.pre(usernameProblem(username) === null && typeProblem(type) === null);
    assert.match(buildSlug(username, type, 'ab12'), LABEL);
  }));
});

test('display texts hold anything printable on one line', () => {
  assert.equal(displayTextProblem('Änne Müller 💾', 100), null);
  for (const text of ['', '  ', 'a\nb', 'a\u0000', 'a\u202Eb', '\u200B\u200D', '\u3164', '\u2060 \uFE0F', 'x'.repeat(101)]) assert.notEqual(displayTextProblem(text, 100), null, JSON.stringify(text));
});

test('email addresses', () => {
  assert.equal(emailProblem('ann@example.com'), null);
  for (const text of ['', 'ann', 'ann@', '@x', 'a b@x.com', 'ann@x.com\r\nBcc: y@z.com', `${'x'.repeat(300)}@x.com`]) assert.notEqual(emailProblem(text), null, JSON.stringify(text));
});
