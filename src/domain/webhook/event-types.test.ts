import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_TYPES, matchesTypes, typePatternProblem } from './event-types.ts';

test('a pattern is a type, the beginning of types, or all', () => {
  for (const good of ['*', 'instance.*', 'instance.failed', 'instance.backup.*', 'webhook.disabled', 'a']) assert.equal(typePatternProblem(good), null, good);
  for (const bad of ['', '.', '**', 'instance*', 'instance.', '.failed', '*.failed', 'instance.*.failed', 'Instance.failed', 'instance failed', `${'a.'.repeat(20)}b`, 'a'.repeat(50), 'instance.failed\n']) {
    assert.notEqual(typePatternProblem(bad), null, JSON.stringify(bad));
  }
});

test('an event matches when any pattern says so', () => {
  const cases: [patterns: readonly string[], type: string, matches: boolean][] = [
    [ALL_TYPES, 'instance.failed', true],
    [ALL_TYPES, 'webhook.disabled', true],
    [['instance.failed'], 'instance.failed', true],
    [['instance.failed'], 'instance.failed.again', false],
    [['instance.failed'], 'instance.fail', false],
    [['instance.*'], 'instance.failed', true],
    [['instance.*'], 'instance.backup.made', true],
    [['instance.*'], 'instance', false],
    [['instance.*'], 'instances.failed', false],
    [['instance.created', 'instance.deleted'], 'instance.deleted', true],
    [['instance.created', 'webhook.*'], 'instance.deleted', false],
    [[], 'instance.deleted', false],
    [['*', 'instance.*'], 'instance.progress', false],
    [['instance.progress'], 'instance.progress', true],
    [['*', 'instance.*', 'instance.healthy'], 'instance.health', false],
    [['instance.health'], 'instance.health', true],
  ];
  for (const [patterns, type, matches] of cases) assert.equal(matchesTypes(patterns, type), matches, `${patterns.join()} ${type}`);
});
