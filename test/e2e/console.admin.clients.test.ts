import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openWindow } from '../support/chromium.ts';
import type { Window } from '../support/chromium.ts';
import { copyBy, oneTimePassword, seen, signInFirst, startWithConsole, windowOf } from '../support/console-journey.ts';
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

test('an admin adds somebody, who signs in with the one-time password, meets the quota in words, and is out once disabled', LIMIT, async () => {
  await using server = await startWithConsole();
  await using admins = await adminsWindow(server, '/admin');
  const { page } = admins;
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  await page.getByRole('link', { name: 'Add user' }).click();
  await page.getByRole('button', { name: 'Add user' }).click();
  await page.getByText('The username is needed.').waitFor();
  await page.getByLabel('Username').fill('ann');
  await page.getByLabel('Name', { exact: true }).fill('Ann Lee');
  await page.getByText('Quota', { exact: true }).click();
  await page.getByLabel('Databases', { exact: true }).fill('5');
  await page.getByLabel('Memory').fill('0.5');
  await seen(admins, 'admin-user-new');
  await page.getByRole('button', { name: 'Add user' }).click();
  await page.getByRole('heading', { name: 'ann was added' }).waitFor();
  await seen(admins, 'admin-user-added');
  const oneTime = await copyBy(page, 'Copy password');
  noteSecret('password', oneTime);
  await page.getByRole('link', { name: 'Open ann' }).click();
  await page.getByRole('heading', { name: 'Ann Lee' }).waitFor();
  await page.getByText('0 of 5').waitFor();
  assert.ok(!(await page.content()).includes(oneTime), 'it was shown once');

  await using anns = await openWindow(server.url);
  await anns.page.goto(server.url);
  await signInFirst(anns.page, 'ann', oneTime);
  await anns.page.getByRole('heading', { name: 'Your first database is a minute away' }).waitFor();
  assert.equal(await anns.page.getByRole('link', { name: 'Admin' }).count(), 0);
  await anns.page.goto(`${server.url}/admin/users`);
  await anns.page.getByRole('heading', { name: 'My databases' }).waitFor();

  // What an admin sets holds at once, and is told in words.
  await page.getByLabel('Databases', { exact: true }).fill('0');
  await page.getByLabel('CPU').fill('2.5');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.getByText('0 of 2.5').waitFor();
  await anns.page.getByRole('link', { name: 'New database' }).click();
  await anns.page.getByRole('radio', { name: /Redis/ }).check();
  await anns.page.getByLabel('Name').fill('cache');
  await anns.page.getByRole('button', { name: 'Create database' }).click();
  await anns.page.getByRole('alert').getByText('You have 0 of 0 databases.').waitFor();
  await page.getByLabel('Databases', { exact: true }).fill('1');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('0 of 1').waitFor();
  await anns.page.getByRole('button', { name: 'Create database' }).click();
  await anns.page.getByRole('heading', { name: 'cache' }).waitFor();
  await anns.page.getByText('Running', { exact: false }).first().waitFor();

  const { items: [found] } = (await server.api<{ items: { id: string }[] }>('GET', '/api/users?search=ann')).body;
  const { token } = (await server.api<{ token: string }>('POST', `/api/users/${found?.id ?? ''}/tokens`, { name: 'laptop' })).body;
  await page.reload();
  await page.getByText('laptop').waitFor();
  await page.getByText('1 of 1').waitFor();
  await seen(admins, 'admin-user');
  await page.getByRole('button', { name: 'Revoke laptop' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke token' }).click();
  await page.getByText('laptop').waitFor({ state: 'detached' });
  assert.equal((await server.api('GET', '/api/users/profile', undefined, { authorization: `Bearer ${token}` })).status, 401);

  await page.getByRole('button', { name: 'Disable' }).click();
  await seen(admins, 'admin-user-disable');
  await page.getByRole('dialog').getByRole('button', { name: 'Disable account' }).click();
  await page.getByText('The account is disabled').waitFor();
  await anns.page.getByRole('heading', { name: 'Sign in to DbMaker' }).waitFor({ timeout: 60_000 });
  await anns.page.getByText('This account is disabled.').waitFor();
  await page.getByRole('link', { name: 'Users' }).last().click();
  const row = page.getByRole('link', { name: /Ann Lee/ });
  await row.getByText('Disabled').waitFor();
  await row.getByText('1 of 1').waitFor();
  await seen(admins, 'admin-users');
  await page.getByLabel('Username, name or email').fill('nobody of that name');
  await page.getByText('No user matches.').waitFor();
  await page.getByLabel('Username, name or email').fill('lee');
  await row.click();
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Enable account' }).click();
  await page.getByRole('button', { name: 'Disable' }).waitFor();
  await page.getByRole('button', { name: 'One-time password' }).click();
  await page.getByRole('dialog').getByRole('checkbox').check();
  await page.getByRole('dialog').getByRole('button', { name: 'Make a one-time password' }).click();
  const another = (await page.locator('dbm-secret-once code').textContent()) ?? '';
  noteSecret('password', another);
  await signInFirst(anns.page, 'ann', another);
  await anns.page.getByRole('button', { name: 'Account' }).waitFor();

  await page.getByRole('link', { name: 'What was done to the account' }).click();
  for (const [who, what] of [['admin', 'Added a user'], ['admin', 'Changed a user'], ['admin', 'Gave a user a one-time password'], ['ann', 'Changed their own password']] as const) {
    await page.getByRole('listitem').filter({ hasText: what }).filter({ hasText: who }).first().waitFor();
  }
  assert.deepEqual(admins.complaints, []);
});

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
  await page.waitForURL(/owner=an/);

  await row.click();
  await page.getByRole('heading', { name: 'orders' }).waitFor();
  await page.getByText('owned by ann').waitFor();
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
  await page.getByRole('button', { name: 'Delete database' }).click();
  await page.getByRole('heading', { name: 'This database is gone' }).waitFor({ timeout: 60_000 });
  await page.goBack();
  await page.getByText('No database matches.').waitFor();
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
  await page.getByRole('listitem').filter({ hasText: 'Created a database' }).waitFor();
  await seen(window, 'admin-audit');
  await page.getByLabel('How it ended').selectOption('Refused');
  await page.getByText('Nothing is like that.').waitFor();
  await page.getByLabel('How it ended').selectOption('Done');
  await page.getByLabel('What', { exact: true }).selectOption('Created a database');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  assert.match(file.suggestedFilename(), /^dbmaker-audit-\d{4}-\d\d-\d\d\.csv$/);
  const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
  assert.match(lines[0] ?? '', /"who","kind","action"/);
  assert.ok(lines.length > 1 && lines.slice(1).every((line) => line.includes('"instance.create"')), lines.join('\n'));
  const made = page.getByRole('listitem').filter({ hasText: 'Created a database' });
  await made.first().click();
  await made.getByText('cache', { exact: true }).waitFor();
  await seen(window, 'admin-audit-details');
  await made.getByRole('link', { name: 'all that was done to it' }).click();
  await page.getByText('Only what was done to one database.').waitFor();
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
    await page.getByText('No webhooks yet.').waitFor();
    await page.getByRole('link', { name: 'New webhook' }).click();
    await page.getByRole('button', { name: 'Create webhook' }).click();
    await page.getByText('An address such as').waitFor();
    await page.getByLabel('Address (URL)').fill('http://10.0.0.1/hook');
    await page.getByRole('button', { name: 'Create webhook' }).click();
    await page.getByText('The address must not lead to').waitFor();
    await page.getByLabel('Address (URL)').fill(receiver.url);
    await page.getByLabel('Only some').check();
    await page.getByRole('button', { name: 'Create webhook' }).click();
    await page.getByText('Choose at least one event.').waitFor();
    await page.getByLabel('A database fails').check();
    await page.getByLabel('Other event types').fill('instance.*');
    await seen(window, 'webhook-new');
    await page.getByRole('button', { name: 'Create webhook' }).click();
    await page.getByRole('heading', { name: 'Webhook created' }).waitFor();
    await seen(window, 'webhook-secret');
    const secret = await copyBy(page, 'Copy secret');
    noteSecret('secret', secret);
    assert.match(secret, /^whsec_/);

    await page.getByRole('link', { name: 'Open webhook' }).click();
    await page.getByText('A database fails and instance.*').waitFor();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('The receiver answered 204.').waitFor();
    assert.equal(receiver.received[0]?.json.type, 'webhook.test');
    receiver.answer = say(500);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('The receiver answered 500.').waitFor();
    await seen(window, 'webhook');
    receiver.answer = accept;
    await page.getByRole('listitem').filter({ hasText: 'Given up' }).getByRole('button', { name: 'Send again: Test' }).click();
    await page.getByText('The receiver answered 204.').nth(1).waitFor();
    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Create new secret' }).click();
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
  await page.getByRole('button', { name: 'Create webhook' }).click();
  noteSecret('secret', (await page.getByText(/^whsec_/).textContent()) ?? '');
  await page.getByRole('link', { name: 'Open webhook' }).click();
  await page.getByText('Global: of everybody').waitFor();
  await page.getByRole('link', { name: 'All webhooks' }).click();
  await row.waitFor();
  await seen(window, 'admin-webhooks');
  await row.click();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByText('Only its owner sees the whole address').waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await seen(window, 'webhook-delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete webhook' }).click();
  await page.getByRole('heading', { name: 'All webhooks' }).waitFor();
  await page.getByRole('link', { name: /Global/ }).waitFor();
  assert.equal(await row.count(), 0);
  assert.deepEqual(window.complaints, []);
});
