import { test } from 'node:test';
import { ensureImages } from '../support/docker.ts';
import { journey } from './journey/journey.ts';

test('two people create, use, stop, resize, watch and delete databases that run as containers', { timeout: 180_000 }, async () => {
  await ensureImages();
  await journey('docker');
});
