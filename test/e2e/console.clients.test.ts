import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { program } from '../clients/program.ts';
import { openWindow } from '../support/chromium.ts';
import { addPerson, copyBy, seen, signInFirst, startWithConsole, windowOf } from '../support/console-journey.ts';
import { noteSecret } from '../support/secrets.ts';
import { waitFor } from '../support/wait.ts';

const LIMIT = { timeout: 300_000 };
/** Scripts and styles of the first page, as they come over the wire. */
const MOST_BYTES = 250 * 1024;

test('from the first sign-in to the answer of a database of one\'s own, and to its end', LIMIT, async () => {
  await using server = await startWithConsole();
  const oneTime = await addPerson(server, 'ann');
  await using window = await openWindow(server.url);
  const { page } = window;

  await page.goto(`${server.url}/new`);
  await page.getByRole('heading', { name: 'Sign in to DbMaker' }).waitFor();
  await seen(window, 'sign-in');
  await signInFirst(page, 'ann', oneTime);
  await page.getByRole('heading', { name: 'New database' }).waitFor(); // where it was to go from the beginning

  await page.getByRole('link', { name: 'Databases', exact: true }).click();
  await page.getByRole('heading', { name: 'Your first database is a minute away' }).waitFor();
  await seen(window, 'list-empty');
  await page.reload();
  await page.getByRole('heading', { name: 'My databases' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate<string>('document.activeElement.textContent.trim()'), 'New database', 'by keyboard one is past the top bar at once');
  await page.getByRole('link', { name: 'Create your first database' }).click();
  await page.getByRole('radio', { name: /Redis/ }).check();
  await page.getByLabel('Name').fill('Not a name');
  await page.getByRole('button', { name: 'Create database' }).click();
  await page.getByText('The name must be 1 to 40 characters').waitFor();
  await page.getByLabel('Name').fill('cache');
  await page.getByText('ann-redis-····').waitFor();
  await page.getByText('Size, sleep and cleanup').click();
  await seen(window, 'create');
  await page.getByRole('button', { name: 'Create database' }).click();

  await page.getByRole('heading', { name: 'cache' }).waitFor();
  await page.getByText('Running', { exact: false }).first().waitFor();
  await seen(window, 'overview');
  const uri = await copyBy(page, 'Copy connection string');
  const { password } = new URL(uri);
  noteSecret('password', password);
  assert.equal((await program('/usr/bin/redis-cli', ['-u', uri, '--no-auth-warning', 'SET', 'answer', '42'])).trim(), 'OK');
  assert.equal((await program('/usr/bin/redis-cli', ['-u', uri, '--no-auth-warning', 'GET', 'answer'])).trim(), '42');
  assert.ok(!(await page.content()).includes(password), 'copied, it is not shown');
  await page.getByRole('button', { name: 'Show password' }).click();
  await page.getByText(uri, { exact: true }).first().waitFor();
  await page.getByLabel('Connect with').selectOption('redis-cli');
  await page.getByText(`redis-cli -u '${uri}'`).waitFor();
  await seen(window, 'connection');
  await page.getByRole('button', { name: 'Hide password' }).click();
  await page.getByRole('button', { name: 'Show password' }).waitFor();
  assert.ok(!(await page.content()).includes(password));

  for (const [link, heading] of [['Log', 'Log'], ['Settings', 'Settings']] as const) {
    await page.getByRole('link', { name: link, exact: true }).click();
    await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    await seen(window, link.toLowerCase());
  }
  await page.getByLabel('Sleep when unused for').selectOption('never');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Metrics', exact: true }).click();
  await page.getByRole('radio', { name: 'Hour' }).waitFor();
  await seen(window, 'metrics');

  // What others do to it is seen without asking.
  await page.getByRole('link', { name: 'Databases', exact: true }).click();
  const row = page.getByRole('link', { name: /cache/ });
  await row.getByText('Running').waitFor();
  await seen(window, 'list');
  const [{ id } = { id: '' }] = (await server.api<{ items: { id: string }[] }>('GET', '/api/containers')).body.items;
  await server.api('POST', `/api/containers/${id}/stop`, undefined, { prefer: 'wait=60' });
  await row.getByText('Stopped').waitFor();
  await page.getByLabel('Search').fill('nothing of that name');
  await page.getByText('No database matches.').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();

  await row.click();
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText('cache is running.').nth(1).waitFor();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const confirm = page.getByRole('button', { name: 'Delete database' });
  assert.ok(await confirm.isDisabled());
  await seen(window, 'delete');
  await page.getByLabel('Type the name to confirm').fill('cache');
  await confirm.click();
  await page.getByRole('heading', { name: 'This database is gone' }).waitFor({ timeout: 60_000 });
  await seen(window, 'gone');
  await page.getByRole('link', { name: 'Backups', exact: true }).click();
  await page.getByRole('heading', { name: 'cache' }).waitFor();
  await seen(window, 'backups');
  await page.getByRole('button', { name: 'Restore cache' }).click();
  await page.getByRole('button', { name: 'Restore database' }).click();
  await page.getByText('Running', { exact: false }).first().waitFor({ timeout: 60_000 });

  await page.getByRole('button', { name: 'Theme' }).click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
  await seen(window, 'account');
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to DbMaker' }).waitFor();
  await page.goto(`${server.url}/backups`);
  await page.getByRole('heading', { name: 'Sign in to DbMaker' }).waitFor();
  assert.deepEqual(window.complaints.filter((text) => !/status of 404/.test(text)), []); // of what was just deleted
});

test('a page stays as it was while the server is away, says so, and goes on when it is back', LIMIT, async () => {
  await using server = await startWithConsole();
  await using window = await windowOf(server, 'bob');
  const { page } = window;
  await page.getByRole('heading', { name: 'Your first database is a minute away' }).waitFor();
  assert.ok(await bytesLoaded(page) <= MOST_BYTES, `${await bytesLoaded(page)} bytes of scripts and styles for the first page`);

  await server.kill('SIGKILL');
  await page.getByText('Connection lost.').waitFor();
  await seen(window, 'reconnecting');
  await server.start();
  await waitFor(async () => !(await page.getByText('Connection lost.').isVisible()), { what: 'the page to be live again', timeoutMs: 60_000 });
  await page.reload();
  await page.getByRole('heading', { name: 'Your first database is a minute away' }).waitFor(); // the issuer's memory is in the store
});

async function bytesLoaded(page: Page): Promise<number> {
  return page.evaluate<number>("performance.getEntriesByType('resource').filter(({ name }) => /\\.(js|css)$/.test(name)).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)");
}
