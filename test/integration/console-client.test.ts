import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { generateClient } from '../../scripts/console/client.ts';
import { startApi } from './api-harness.ts';

test('what the console knows of the API is what the API says of itself', { timeout: 120_000 }, async () => {
  for (const [file, content] of await generateClient()) {
    assert.ok((await readFile(file, 'utf8')) === content, `${file} is of another API: npm run console:client`);
  }
});

test('for every action that the API writes to the audit, the console has words', { timeout: 120_000 }, async () => {
  await using api = await startApi();
  const { paths } = (await api.ask('/openapi.json')).json as unknown as { paths: Record<string, Record<string, { 'x-audit'?: string }>> };
  const actions = Object.values(paths).flatMap((methods) => Object.values(methods).flatMap(({ 'x-audit': action }) => action ?? []));
  Object.assign(globalThis, { $localize: String.raw }); // of Angular's compiler
  const { actionText } = await import(`${import.meta.dirname}/../../console/src/app/admin/audit/action-words.ts`) as { actionText: (action: string) => string };
  assert.ok(actions.length > 20);
  assert.deepEqual([...new Set(actions)].filter((action) => actionText(action) === action), [], 'console/src/app/admin/audit/action-words.ts');
});
