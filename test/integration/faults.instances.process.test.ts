import { test } from 'node:test';
import { instanceFaults } from './faults/instances.ts';

test('faults of single databases that run as local processes', { timeout: 120_000, concurrency: true }, async (t) => {
  await instanceFaults(t, 'process');
});
