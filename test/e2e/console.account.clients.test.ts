import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWindow } from '../support/chromium.ts';
import { PASSWORD, seen, signIn, startWithConsole, windowOf } from '../support/console-journey.ts';
import { Person } from '../support/person.ts';
import { noteSecret } from '../support/secrets.ts';

const LIMIT = { timeout: 300_000 };
const NEXT = 'four other words and a donkey';

test('somebody sees what they use, changes their password, which ends their other sign-ins, and gives a program a token of its own', LIMIT, async () => {
  await using server = await startWithConsole();
  noteSecret('password', NEXT);
  await using window = await windowOf(server, 'ann');
  const { page } = window;
  await using elsewhere = await openWindow(server.url);
  await elsewhere.page.goto(server.url);
  await signIn(elsewhere.page, 'ann', PASSWORD);
  await elsewhere.page.getByRole('heading', { name: 'My databases' }).waitFor();

  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Profile and password' }).click();
  await page.getByText('0 of 10').waitFor();
  assert.equal(await page.title(), 'Profile · DbMaker');
  assert.equal(await page.evaluate<string>('document.activeElement.textContent'), 'Account', 'the focus goes with the page');
  await seen(window, 'profile');
  const fill = async (words: readonly [string, string, string]): Promise<void> => {
    for (const [index, label] of ['Current password', 'New password', 'The same once more'].entries()) await page.getByLabel(label, { exact: true }).fill(words[index] ?? '');
    await page.getByRole('button', { name: 'Change the password' }).click();
  };
  await fill(['a wrong one', NEXT, NEXT]);
  const refusal = page.getByRole('alert');
  await refusal.getByText('The current password is not right.').waitFor();
  await refusal.getByText('Request').waitFor();
  assert.equal(await page.getByLabel('New password', { exact: true }).inputValue(), NEXT, 'what was typed is still there');
  await seen(window, 'profile-refused');
  await fill([PASSWORD, NEXT, NEXT]);
  await page.getByText('It is changed.').waitFor();

  await elsewhere.page.getByRole('link', { name: 'Backups', exact: true }).click();
  await elsewhere.page.getByRole('heading', { name: 'Sign in to DbMaker' }).waitFor();
  await signIn(elsewhere.page, 'ann', NEXT);
  await elsewhere.page.getByRole('heading', { name: 'Backups' }).waitFor();

  await page.getByRole('link', { name: 'API tokens' }).click();
  await page.getByText('You have none.').waitFor();
  await page.getByRole('button', { name: 'Make the token' }).click();
  await page.getByText('It must be 1 to 100 characters.').waitFor();
  await page.getByLabel('What is it for?').fill('deployment');
  await page.getByLabel('What may it do?').selectOption({ label: 'Read only, no passwords' });
  await page.getByLabel('Good for').selectOption({ label: '30 days' });
  await page.getByRole('button', { name: 'Make the token' }).click();
  await page.getByText('The token deployment is made').waitFor();
  await page.getByRole('button', { name: 'Copy token' }).click();
  const secret = await page.evaluate<string>('navigator.clipboard.readText()');
  noteSecret('API token', secret);
  const program = new Person(server, 'ann', secret);
  await program.must(200, 'GET', '/api/users/profile');
  await program.refused('forbidden', 'POST', '/api/containers', { template: 'redis', name: 'x' });
  await seen(window, 'tokens-new');
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.getByText('The token deployment is made').waitFor({ state: 'detached' });
  assert.ok(!(await page.content()).includes(secret), 'it is shown once');
  await page.reload();
  await page.getByText('Last used').waitFor();
  await page.getByText('expires in 29 days').or(page.getByText('expires in 30 days')).waitFor();
  await seen(window, 'tokens');
  await page.getByRole('button', { name: 'Revoke deployment' }).click();
  await page.getByRole('button', { name: 'Revoke the token' }).click();
  await page.getByText('You have none.').waitFor();
  await program.refused('unauthenticated', 'GET', '/api/users/profile');
  assert.deepEqual(window.complaints.filter((text) => !/status of 403/.test(text)), []); // of the wrong password
});
