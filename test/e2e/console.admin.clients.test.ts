import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWindow } from '../support/chromium.ts';
import type { Window } from '../support/chromium.ts';
import { oneTimePassword, seen, signInFirst, startWithConsole, windowOf } from '../support/console-journey.ts';
import { noteSecret } from '../support/secrets.ts';
import type { TestServer } from '../support/server.ts';
import { accept, say, startReceiver } from '../support/webhook-receiver.ts';

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

test('a person has events sent to a program of theirs, sees how that goes, and an admin sees both', LIMIT, async () => {
  await using server = await startWithConsole({ env: { DBMAKER_WEBHOOK_ALLOW: '127.0.0.0/8' } });
  await using receiver = await startReceiver();
  {
    await using window = await windowOf(server, 'ann');
    const { page } = window;
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Webhooks' }).click();
    await page.getByText('There is none.').waitFor();
    await page.getByRole('link', { name: 'New webhook' }).click();
    await page.getByRole('button', { name: 'Make the webhook' }).click();
    await page.getByText('An address such as').waitFor();
    await page.getByLabel('Address (URL)').fill('http://10.0.0.1/hook');
    await page.getByRole('button', { name: 'Make the webhook' }).click();
    await page.getByText('The address must not lead to').waitFor();
    await page.getByLabel('Address (URL)').fill(receiver.url);
    await page.getByLabel('Only some').check();
    await page.getByRole('button', { name: 'Make the webhook' }).click();
    await page.getByText('Choose at least one event.').waitFor();
    await page.getByLabel('A database fails').check();
    await page.getByLabel('Others, by their types').fill('instance.*');
    await seen(window, 'webhook-new');
    await page.getByRole('button', { name: 'Make the webhook' }).click();
    await page.getByRole('heading', { name: 'The webhook is made' }).waitFor();
    await seen(window, 'webhook-secret');
    await page.getByRole('button', { name: 'Copy secret' }).click();
    const secret = await page.evaluate<string>('navigator.clipboard.readText()');
    noteSecret('secret', secret);
    assert.match(secret, /^whsec_/);

    await page.getByRole('link', { name: 'Go on to the webhook' }).click();
    await page.getByText('A database fails and instance.*').waitFor();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('Its receiver answered 204.').waitFor();
    assert.equal(receiver.received[0]?.json.type, 'webhook.test');
    receiver.answer = say(500);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('The receiver answered 500.').waitFor();
    await seen(window, 'webhook');
    receiver.answer = accept;
    await page.getByRole('listitem').filter({ hasText: 'Given up' }).getByRole('button', { name: 'Send again: Test' }).click();
    await page.getByText('Its receiver answered 204.').nth(1).waitFor();
    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new secret' }).click();
    await page.getByText('The new secret').waitFor();
    noteSecret('secret', (await page.getByText(/^whsec_/).textContent()) ?? '');
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('All', { exact: true }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('All events and instance.*').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused').waitFor();
    assert.deepEqual(window.complaints.filter((text) => !/status of 400/.test(text)), []); // of the address that was refused
  }
  await using window = await adminsWindow(server, '/admin/webhooks');
  const { page } = window;
  const row = page.getByRole('link', { name: /of ann/ });
  await row.getByText('Paused').waitFor();
  await page.getByRole('link', { name: 'New global webhook' }).click();
  await page.getByLabel('Address (URL)').fill(receiver.url);
  await page.getByRole('button', { name: 'Make the webhook' }).click();
  noteSecret('secret', (await page.getByText(/^whsec_/).textContent()) ?? '');
  await page.getByRole('link', { name: 'Go on to the webhook' }).click();
  await page.getByText('Global: of everybody').waitFor();
  await page.getByRole('link', { name: 'Webhooks of all' }).click();
  await row.waitFor();
  await seen(window, 'admin-webhooks');
  await row.click();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByText('Only its owner sees the whole address').waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await seen(window, 'webhook-delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the webhook' }).click();
  await page.getByRole('heading', { name: 'Webhooks of all' }).waitFor();
  await page.getByRole('link', { name: /Global/ }).waitFor();
  assert.equal(await row.count(), 0);
  assert.deepEqual(window.complaints, []);
});
