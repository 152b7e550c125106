import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { accessStatements } from './postgresql.ts';
import { accessRules } from './redis.ts';

const PRINTABLE = fc.string({ minLength: 1, maxLength: 15, unit: fc.constantFrom(...'\'"\\;-$ {}()é😀ab0'.split('')) });

test('PostgreSQL: user, database and password stay data, one statement a line', () => {
  fc.assert(fc.property(PRINTABLE, PRINTABLE, PRINTABLE, (user, password, database) => {
    const lines = accessStatements({ POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: database }).split('\n');
    assert.equal(lines.length, 2);
    // Without its quoted parts a statement is always the same.
    const bare = (lines[0] ?? '').replaceAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'/gu, '?');
    assert.equal(bare, 'CREATE ROLE ? SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS LOGIN PASSWORD ?;');
    assert.equal((lines[1] ?? '').replaceAll(/"(?:[^"]|"")*"/gu, '?'), 'CREATE DATABASE ? OWNER ? STRATEGY FILE_COPY;');
  }));
});

test('PostgreSQL: what cannot be a name or a password is refused in words', () => {
  const good = { POSTGRES_USER: 'ann', POSTGRES_PASSWORD: 'secret', POSTGRES_DB: 'ann_db' };
  for (const bad of [
    { POSTGRES_PASSWORD: '' }, { POSTGRES_PASSWORD: 'a\nb' }, { POSTGRES_USER: 'a\0b' }, { POSTGRES_USER: 'x'.repeat(64) }, { POSTGRES_DB: 'é'.repeat(32) },
    { POSTGRES_USER: 'pg_monitor' }, { POSTGRES_USER: 'dbmaker_bootstrap' }, { POSTGRES_DB: 'template1' },
  ]) assert.throws(() => accessStatements({ ...good, ...bad }), { code: 'invalid_request' }, JSON.stringify(bad));
  assert.match(accessStatements({ POSTGRES_PASSWORD: 'x' }), /CREATE ROLE "postgres" .*\nALTER DATABASE "postgres" OWNER TO "postgres";$/);
});

test('Redis: one user, its password as a hash, default off', () => {
  fc.assert(fc.property(PRINTABLE, (password) => {
    const rules = accessRules({ REDIS_USERNAME: 'ann-redis-1', REDIS_PASSWORD: password });
    const hash = createHash('sha256').update(password).digest('hex');
    assert.equal(rules, `user default off resetpass ~* &* +@all\nuser ann-redis-1 on #${hash} ~* &* +@all`);
  }));
  for (const name of ['', 'default', 'a b', 'a\nuser b on nopass', 'é']) {
    assert.throws(() => accessRules({ REDIS_USERNAME: name, REDIS_PASSWORD: 'x' }), { code: 'invalid_request' }, name);
  }
  assert.throws(() => accessRules({ REDIS_USERNAME: 'a', REDIS_PASSWORD: '' }), { code: 'invalid_request' });
});
