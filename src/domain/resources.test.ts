import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_RESOURCES, formatMemory, parseMemory, resolveResources, resourceProblems } from './resources.ts';

test('reads memory in every way people write it', () => {
  for (const text of ['512MB', '512MiB', '512M', '512mb', '512 MB', '0.5GB', '524288K', '536870912', '536870912B']) assert.equal(parseMemory(text), 536870912, text);
  assert.equal(parseMemory(536870912), 536870912);
});

test('refuses what is not an amount of memory', () => {
  for (const value of ['', 'much', '-1MB', '1e9', '512 XB', '1,5GB', '99999999999T', -1, 1.5, Number.NaN]) assert.equal(parseMemory(value), undefined, String(value));
});

test('1 MB and 1 TB are out of bounds, the bounds themselves are not', () => {
  assert.deepEqual(resourceProblems({ memory: '1MB' }, '/resources'), { '/resources/memory': 'must be between 32 MiB and 64 GiB' });
  assert.deepEqual(resourceProblems({ memory: '1TB', cpus: 0, pids: 1.5 }, ''), {
    '/memory': 'must be between 32 MiB and 64 GiB', '/cpus': 'must be between 0.1 and 32', '/pids': 'must be a whole number between 16 and 4096',
  });
  assert.deepEqual(resourceProblems({ memory: '32MiB', cpus: 32 }, ''), {});
  assert.deepEqual(resourceProblems({ memory: '64GiB', cpus: 0.1, pids: 16 }, ''), {});
  assert.deepEqual(resourceProblems({ cpus: Number.NaN }, ''), { '/cpus': 'must be between 0.1 and 32' });
});

test('what is asked for wins over the template, the template over the defaults', () => {
  const template = resolveResources({ memory: '1GB' }, DEFAULT_RESOURCES);
  assert.deepEqual(resolveResources({ cpus: 2 }, template), { memoryBytes: 1024 ** 3, cpus: 2, pids: DEFAULT_RESOURCES.pids });
});

test('formats memory for people', () => {
  assert.deepEqual([536870912, 1610612736, 1024 ** 3].map(formatMemory), ['512 MiB', '1.5 GiB', '1 GiB']);
});
