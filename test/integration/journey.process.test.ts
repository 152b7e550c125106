import { test } from 'node:test';
import { journey } from './journey/journey.ts';

test('two people create, use, stop, resize, watch and delete databases that run as local processes', { timeout: 180_000 }, async () => {
  await journey('process');
});
