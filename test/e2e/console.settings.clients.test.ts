import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { BackupView } from '../../src/api/schemas/backup.ts';
import type { InstanceView } from '../../src/api/schemas/instance.ts';
import { seen, startWithConsole, windowOf } from '../support/console-journey.ts';
import type { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const LIMIT = { timeout: 300_000 };

const only = async (server: TestServer): Promise<InstanceView> => {
  const [first] = (await server.api<{ items: InstanceView[] }>('GET', '/api/containers')).body.items;
  assert.ok(first);
  return first;
};

/** Of what is clicked from now on. */
async function countClicks(page: Page): Promise<() => Promise<number>> {
  await page.evaluate('if (window.clicks === undefined) addEventListener("click", ({ isTrusted }) => { if (isTrusted) window.clicks += 1; }, true); window.clicks = 0;');
  return () => page.evaluate<number>('window.clicks');
}

test('two clicks from the list to a database that runs and the way to connect to it; the third asks nobody', LIMIT, async () => {
  await using server = await startWithConsole();
  await using window = await windowOf(server, 'ann');
  const { page } = window;
  await page.getByRole('link', { name: /^Redis/ }).waitFor();
  await seen(window, 'list-empty');
  const clicks = await countClicks(page);
  await page.getByRole('link', { name: /^Redis/ }).click();
  await page.getByText('Its address will begin with').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'redis');
  await page.getByRole('button', { name: 'Create database' }).click();
  await page.getByRole('heading', { name: 'Connection' }).waitFor();
  await page.getByText('Running').first().waitFor();
  assert.equal(await clicks(), 2);
  await page.getByText('redis-cli -u').waitFor();

  // The next one comes with what was chosen last, and another name.
  await page.getByRole('link', { name: 'Databases', exact: true }).click();
  const more = await countClicks(page);
  await page.getByRole('link', { name: 'New database' }).click();
  await waitFor(async () => (await page.getByLabel('Name').inputValue()) === 'redis-2', { what: 'another name to be suggested' });
  await page.getByRole('button', { name: 'Create database' }).click();
  await page.getByRole('heading', { name: 'redis-2' }).waitFor();
  assert.equal(await more(), 2);
  assert.deepEqual(window.complaints, []);
});

test('all that can be set is set, by keyboard alone, told on the overview, and not taken back by what somebody else sets meanwhile', LIMIT, async () => {
  await using server = await startWithConsole();
  await using window = await windowOf(server, 'ann', '/new?template=redis');
  const { page } = window;
  const focused = async (): Promise<string> => page.evaluate<string>('(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()');
  /** Tab by tab to what is so called. */
  const tabTo = async (name: RegExp, key = 'Tab'): Promise<void> => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (name.test(await focused())) return;
      await page.keyboard.press(key);
    }
    assert.fail(`no tab leads to ${String(name)}; the last one led to ${await focused()}`);
  };

  await page.getByText('Its address will begin with').waitFor();
  await tabTo(/^Create database$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'redis' }).waitFor();
  await page.getByText('Running').first().waitFor();
  assert.equal(await focused(), 'redis', 'the focus goes with the page');
  await page.getByText('As things stand, it will be removed on').waitFor();
  const { id } = await only(server);
  await tabTo(/^Settings$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await waitFor(async () => (await focused()) === 'Settings', { what: 'the focus to be at the heading' });
  assert.equal(await page.title(), 'Settings · redis · DbMaker');

  await tabTo(/^Name/);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('sessions');
  await server.api('PATCH', `/api/containers/${id}`, { sleepAfter: '4h' }); // meanwhile
  await waitFor(async () => (await page.getByLabel('Sleep when unused for').inputValue()) === '4h', { what: 'what somebody else set to be shown' });
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'sessions');
  await tabTo(/^Keep it/);
  await page.keyboard.press('Space');
  await tabTo(/^Refuse connections without TLS/);
  await page.keyboard.press('Space');
  await tabTo(/^Only from these addresses/);
  await page.keyboard.type('127.0.0.1 and more');
  await tabTo(/^Save$/);
  await page.keyboard.press('Enter');
  await page.getByText('“and” is no address and no range').waitFor();
  await seen(window, 'settings');
  await tabTo(/^Only from these addresses/, 'Shift+Tab');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('127.0.0.1\n2001:DB8:0::/32');
  await tabTo(/^Save$/);
  await page.keyboard.press('Enter');
  await page.getByText('Saved', { exact: true }).waitFor();
  const set = await only(server);
  assert.deepEqual([set.name, set.sleepAfter, set.removeAfter, set.expiresAt, set.tlsOnly, set.allowedSources], ['sessions', '4h', 'never', null, true, ['127.0.0.1', '2001:db8::/32']]);
  assert.equal(await page.getByLabel('Only from these addresses').inputValue(), '127.0.0.1\n2001:db8::/32', 'as the server writes it');

  await tabTo(/^Overview$/, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('It is never removed automatically.').waitFor();
  await page.getByText('It sleeps after 4 hours without use').waitFor();
  await page.getByText('Over TLS only.').waitFor();
  await page.getByText('rediss://').first().waitFor();
  await page.getByText('The snippet reads it from the file').waitFor();
  const [authority] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download CA certificate' }).click()]);
  assert.match(await readFile(await authority.path(), 'utf8'), /^-----BEGIN CERTIFICATE-----/);
  await seen(window, 'overview-set');

  // Not for ever after all, and what the server refuses stays in the form.
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByLabel('Keep it').uncheck();
  await page.getByLabel('Remove in any case').selectOption({ label: '8 hours' });
  await server.kill('SIGKILL');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('DbMaker cannot be reached.').waitFor();
  await server.start();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor({ timeout: 60_000 });
  const late = await only(server);
  assert.deepEqual([late.removeAfter, late.expiresAt === null], ['30d', false]);
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await page.getByText('It is removed on').waitFor();
});

test('what happened is told back to the beginning, and goes on while one looks', LIMIT, async () => {
  await using server = await startWithConsole();
  await using window = await windowOf(server, 'ann', '/new?template=redis');
  const { page } = window;
  await page.getByRole('button', { name: 'Create database' }).click();
  await page.getByText('redis was created.').waitFor();
  const { id } = await only(server);
  for (let n = 0; n < 35; n += 1) await server.api('PATCH', `/api/containers/${id}`, { sleepAfter: `${n + 1}h` });
  await waitFor(async () => (await page.getByText('by admin').count()) >= 35, { what: 'what somebody else does to be told at once, and by whom' });
  await page.reload();
  await page.getByText('by admin').first().waitFor();
  assert.equal(await page.getByText('redis was created.').count(), 0);
  await page.getByRole('button', { name: 'Show older' }).click();
  await page.getByText('redis was created.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Show older' }).count(), 0);
  await seen(window, 'timeline');
});

test('a backup is downloaded as it is on the server, restored under another name, and deleted', LIMIT, async () => {
  await using server = await startWithConsole();
  await using window = await windowOf(server, 'ann', '/new?template=redis');
  const { page } = window;
  await page.getByRole('button', { name: 'Create database' }).click();
  await page.getByText('Running').first().waitFor();
  const { id } = await only(server);
  assert.equal((await server.api('DELETE', `/api/containers/${id}`, undefined, { prefer: 'wait=110' })).status, 204);
  await page.getByRole('heading', { name: 'This database is gone' }).waitFor();
  await page.getByRole('link', { name: 'Backups', exact: true }).click();
  await page.getByText('in 7 days').waitFor();
  await page.getByText('1 file, with its checksum').click();
  const [backup] = (await server.api<{ items: BackupView[] }>('GET', '/api/backups?all=true')).body.items;
  await page.getByText(backup?.files[0]?.sha256 ?? 'none').waitFor();
  await seen(window, 'backups');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the backup of redis' }).click()]);
  assert.match(saved.suggestedFilename(), /^ann-redis-.*\.rdb\.gz$/);
  assert.equal(createHash('sha256').update(await readFile(await saved.path())).digest('hex'), backup?.files[0]?.sha256);

  await page.getByRole('button', { name: 'Restore redis' }).click();
  await page.getByLabel('Name').fill('again');
  await seen(window, 'restore');
  await page.getByRole('button', { name: 'Restore database' }).click();
  await page.getByRole('heading', { name: 'again' }).waitFor();
  await page.getByText('Running').first().waitFor({ timeout: 60_000 });

  await page.getByRole('link', { name: 'Backups', exact: true }).click();
  await page.getByRole('button', { name: 'Delete the backup of redis' }).click();
  await page.getByRole('button', { name: 'Delete backup', exact: true }).click();
  await page.getByText('No backups yet.').waitFor();
  // Somebody else's tab may know of it still.
  assert.deepEqual(window.complaints.filter((text) => !/status of 404/.test(text)), []); // of the database that is gone
});
