import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDbmakerError } from '../domain/errors.ts';
import { oneTimePassword, PasswordHasher, passwordProblem } from './passwords.ts';

test('a hash says how it was made, differs each time, and fits its password only', async () => {
  const hasher = new PasswordHasher();
  const [one, two] = [await hasher.hash('correct horse'), await hasher.hash('correct horse')];
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(one, two);
  assert.deepEqual([await hasher.verify('correct horse', one), await hasher.verify('correct horsf', one), await hasher.verify('', one), await hasher.verify('x', null), await hasher.verify('x', 'junk')], [true, false, false, false, false]);
  const composed = await hasher.hash('caf\u00e9 caf\u00e9 caf\u00e9');
  assert.equal(await hasher.verify('cafe\u0301 cafe\u0301 cafe\u0301', composed), true, 'however the keyboard makes it');
});

test('a flood waits in a short row, the rest is refused at once, and then all is as before', async () => {
  const hasher = new PasswordHasher();
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => hasher.verify('x', null)));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 18);
  assert.ok(refused.every(({ reason }) => isDbmakerError(reason, 'rate_limited')));
  assert.equal(await hasher.verify('x', null), false);
});

test('a new password is long, not the old one, not one character over and over, and not the name', () => {
  const of = (next: string, current?: string) => passwordProblem(next, { username: 'ann-lee', ...(current === undefined ? {} : { current }) });
  assert.match(String(of('eleven char')), /at least 12/);
  assert.match(String(of('x'.repeat(257))), /at most 256/);
  assert.match(String(of('abababababababab')), /easy to guess/);
  assert.match(String(of('ann-leeann-lee')), /easy to guess/);
  assert.match(String(of('twelve chars', 'twelve chars')), /another one/);
  assert.equal(of('twelve chars'), null);
});

test('one-time passwords are easy to read and differ', () => {
  const made = new Set(Array.from({ length: 1000 }, oneTimePassword));
  assert.equal(made.size, 1000);
  for (const password of made) assert.match(password, /^[a-hj-km-np-z2-9]{5}(-[a-hj-km-np-z2-9]{5}){3}$/);
});
