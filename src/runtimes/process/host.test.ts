import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProgram, uidFor } from './host.ts';

const ALL = '         0          0 4294967295\n';
const CONTAINER = '         0     100000      65536\n';

test('each ordinal has a uid of its own, far from accounts where the machine has such uids', () => {
  assert.equal(uidFor(10_000, ALL), 1_900_010_000);
  assert.equal(uidFor(10_000, CONTAINER), 50_000);
  const uids = new Set(Array.from({ length: 10_000 }, (_, index) => uidFor(10_000 + index, CONTAINER)));
  assert.equal(uids.size, 10_000);
});

test('where no uid is left there is none, and never that of nobody', () => {
  assert.equal(uidFor(10_000, '0 1000 1\n'), null);
  assert.equal(uidFor(25_534, CONTAINER), null);
  assert.equal(uidFor(30_000, CONTAINER), null);
});

test('programs are found in system directories only', () => {
  assert.match(findProgram('sh') ?? '', /^\/(usr\/)?bin\/sh$/);
  assert.equal(findProgram('no-such-program-of-dbmaker'), null);
});
