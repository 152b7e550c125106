import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWindow } from '../support/chromium.ts';
import type { Window } from '../support/chromium.ts';
import { oneTimePassword, seen, signInFirst, startWithConsole } from '../support/console-journey.ts';
import type { TestServer } from '../support/server.ts';

const LIMIT = { timeout: 300_000 };

async function adminsWindow(server: TestServer, address = '/'): Promise<Window> {
  await using failed = new AsyncDisposableStack();
  const oneTime = await oneTimePassword(server, 'admin');
  const window = failed.use(await openWindow(server.url));
  await window.page.goto(`${server.url}${address}`);
  await signInFirst(window.page, 'admin', oneTime);
  await window.page.getByRole('button', { name: 'Account' }).waitFor();
  failed.move();
  return window;
}

test('an admin sees what the platform holds and who did what', LIMIT, async () => {
  await using server = await startWithConsole();
  await server.api('POST', '/api/containers', { template: 'redis', name: 'cache' }, { prefer: 'wait=60' });
  await using window = await adminsWindow(server, '/admin/capacity');
  const { page } = window;
  await page.getByRole('heading', { name: '1 database' }).waitFor();
  await page.getByText('Last sign of life').first().waitFor();
  await seen(window, 'admin-capacity');

  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByRole('listitem').filter({ hasText: 'Made a database' }).waitFor();
  await seen(window, 'admin-audit');
  await page.getByLabel('What').selectOption('Made a database');
  const made = page.getByRole('listitem').filter({ hasText: 'Made a database' });
  await made.first().click();
  await made.getByText('cache', { exact: true }).waitFor();
  await seen(window, 'admin-audit-details');
  await page.getByLabel('Who (username)').fill('nobody');
  await page.getByText('Nothing is like that.').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByRole('listitem').filter({ hasText: 'Signed in with a password' }).first().waitFor();
  assert.deepEqual(window.complaints, []);
});
