import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { generateClient } from '../../scripts/console/client.ts';

test('what the console knows of the API is what the API says of itself', { timeout: 120_000 }, async () => {
  for (const [file, content] of await generateClient()) {
    assert.ok((await readFile(file, 'utf8')) === content, `${file} is of another API: npm run console:client`);
  }
});
