import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImageUser } from './image-user.ts';
import { withTag } from './pull.ts';

test('the user of an image is read as Docker does', () => {
  for (const root of [undefined, '', 'root', '0', '0:0', 'root:root', '000']) assert.deepEqual(parseImageUser(root), { kind: 'root' }, root);
  assert.deepEqual(parseImageUser('10015:10016'), { kind: 'ids', uid: 10015, gid: 10016 });
  assert.deepEqual(parseImageUser('999'), { kind: 'ids', uid: 999, gid: 999 });
  for (const name of ['memcache', 'app:app', '999:app', '-1']) assert.deepEqual(parseImageUser(name), { kind: 'name' }, name);
});

test('an image without a tag is asked for as latest, never as all tags there are', () => {
  assert.equal(withTag('redis'), 'redis:latest');
  assert.equal(withTag('redis:7-alpine'), 'redis:7-alpine');
  assert.equal(withTag('registry.local:5000/team/redis'), 'registry.local:5000/team/redis:latest');
  assert.equal(withTag('redis@sha256:abc'), 'redis@sha256:abc');
});
