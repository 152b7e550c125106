import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProgram, UID_BASE, uidFor } from './host.ts';

const ALL = '         0          0 4294967295\n';
const CONTAINER = '         0     100000      65536\n';

test('each ordinal has a uid of its own, far from accounts where the machine has such uids', () => {
  for (const home of ['home', 'another', 'a third']) {
    const uid = uidFor(65_535, ALL, home)!;
    assert.ok(uid >= UID_BASE && uid < 2 ** 31);
    assert.equal(uidFor(10_000, ALL, home), uid - 55_535);
  }
  assert.notEqual(uidFor(10_000, ALL, 'home'), uidFor(10_000, ALL, 'another'));
  assert.equal(uidFor(10_000, CONTAINER, 'home'), 50_000);
  const uids = new Set(Array.from({ length: 10_000 }, (_, index) => uidFor(10_000 + index, CONTAINER, 'home')));
  assert.equal(uids.size, 10_000);
});

test('where no uid is left there is none, and never that of nobody', () => {
  assert.equal(uidFor(10_000, '0 1000 1\n', 'home'), null);
  assert.equal(uidFor(25_534, CONTAINER, 'home'), null);
  assert.equal(uidFor(30_000, CONTAINER, 'home'), null);
});

test('programs are found in system directories only', () => {
  assert.match(findProgram('sh') ?? '', /^\/(usr\/)?bin\/sh$/);
  assert.equal(findProgram('no-such-program-of-dbmaker'), null);
});
