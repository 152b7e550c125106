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

/** Somebody who uses the API. @returns headers of their requests */
async function person(server: TestServer, username: string): Promise<Record<string, string>> {
  const { id } = (await server.api<{ id: string }>('POST', '/api/users', { username })).body;
  const { token } = (await server.api<{ token: string }>('POST', `/api/users/${id}/tokens`, { name: 'test' })).body;
  return { authorization: `Bearer ${token}` };
}

test('an admin sees everybody\'s databases as they change, and goes to the page of any of them', LIMIT, async () => {
  await using server = await startWithConsole();
  const ann = await person(server, 'ann');
  await server.api('POST', '/api/containers', { template: 'redis', name: 'mine' }, { prefer: 'wait=60' });
  await using window = await adminsWindow(server, '/admin');
  const { page } = window;
  await page.getByRole('link', { name: 'All databases' }).click();
  await page.getByRole('link', { name: /mine/ }).waitFor();
  const { id } = (await server.api<{ id: string }>('POST', '/api/containers', { template: 'redis', name: 'orders' }, { ...ann, prefer: 'wait=60' })).body;
  const row = page.getByRole('link', { name: /orders/ });
  await row.getByText('Running').waitFor();
  await row.getByText('ann', { exact: true }).waitFor();
  await seen(window, 'admin-databases');
  await page.getByLabel('Owner').fill('an');
  await page.getByText('1 of 2 databases').waitFor();
  assert.match(page.url(), /owner=an/);

  await row.click();
  await page.getByRole('heading', { name: 'orders' }).waitFor();
  await page.getByText('of ann').waitFor();
  await page.getByText('Running', { exact: false }).first().waitFor();
  await seen(window, 'admin-others-database');
  await server.api('POST', `/api/containers/${id}/stop`, undefined, { ...ann, prefer: 'wait=60' });
  await page.getByText('Stopped', { exact: true }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText('Running', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByLabel('Type the name to confirm').fill('orders');
  await page.getByRole('button', { name: 'Delete the database' }).click();
  await page.getByRole('heading', { name: 'This database is gone' }).waitFor({ timeout: 60_000 });
  await page.goBack();
  await page.getByText('No database is like that.').waitFor();
  assert.equal(await page.getByLabel('Owner').inputValue(), 'an');
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByRole('link', { name: /mine/ }).waitFor();
  assert.deepEqual(window.complaints.filter((text) => !/status of 404/.test(text)), []); // of what was just deleted
});

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
