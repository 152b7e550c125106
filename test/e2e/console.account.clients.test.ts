import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWindow } from '../support/chromium.ts';
import { addPerson, copyBy, PASSWORD, seen, signIn, startWithConsole, windowOf } from '../support/console-journey.ts';
import { Person } from '../support/person.ts';
import { noteSecret } from '../support/secrets.ts';
import { waitFor } from '../support/wait.ts';

/** Sign-ins that one address may begin in a minute. */
const SIGN_INS = 600;
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
    for (const [index, label] of ['Current password', 'New password', 'Repeat the new password'].entries()) await page.getByLabel(label, { exact: true }).fill(words[index] ?? '');
    await page.getByRole('button', { name: 'Change password' }).click();
  };
  await fill(['a wrong one', NEXT, NEXT]);
  const refusal = page.getByRole('alert');
  await refusal.getByText('The current password is not right.').waitFor();
  await refusal.getByText('Request').waitFor();
  assert.equal(await page.getByLabel('New password', { exact: true }).inputValue(), NEXT, 'what was typed is still there');
  await seen(window, 'profile-refused');
  await fill([PASSWORD, NEXT, NEXT]);
  await page.getByText('Password changed.').waitFor();

  // The page hears of it by itself, too, a second later: whoever has not gone anywhere until then comes back to where they were.
  const asked = elsewhere.page.getByRole('heading', { name: 'Sign in to DbMaker' });
  await elsewhere.page.getByRole('link', { name: 'Backups', exact: true }).or(asked).first().click();
  await asked.waitFor();
  const wasAt = new URL(elsewhere.page.url()).searchParams.get('to');
  await signIn(elsewhere.page, 'ann', NEXT);
  await elsewhere.page.getByRole('heading', { name: wasAt === '/' ? 'My databases' : 'Backups' }).waitFor();

  await page.getByRole('link', { name: 'API tokens' }).click();
  await page.getByText('No API tokens yet.').waitFor();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('It must be 1 to 100 characters.').waitFor();
  await page.getByLabel('What is it for?').fill('deployment');
  await page.getByLabel('What may it do?').selectOption({ label: 'Read only, no passwords' });
  await page.getByLabel('Expires after').selectOption({ label: '30 days' });
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('Token deployment created').waitFor();
  const secret = await copyBy(page, 'Copy token');
  noteSecret('API token', secret);
  const program = new Person(server, 'ann', secret);
  await program.must(200, 'GET', '/api/users/profile');
  await program.refused('forbidden', 'POST', '/api/containers', { template: 'redis', name: 'x' });
  await seen(window, 'tokens-new');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText('Token deployment created').waitFor({ state: 'detached' });
  assert.ok(!(await page.content()).includes(secret), 'it is shown once');
  await page.reload();
  await page.getByText('Last used').waitFor();
  await page.getByText('expires in 29 days').or(page.getByText('expires in 30 days')).waitFor();
  await seen(window, 'tokens');
  await page.getByRole('button', { name: 'Revoke deployment' }).click();
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await page.getByText('No API tokens yet.').waitFor();
  await program.refused('unauthenticated', 'GET', '/api/users/profile');
  assert.deepEqual(window.complaints.filter((text) => !/status of 403/.test(text)), []); // of the wrong password
});

test('the pages of the issuer are as good to look at and to use as ours: signing in, what goes wrong then, the change of a one-time password, signing out, mistakes', LIMIT, async () => {
  await using server = await startWithConsole();
  const oneTime = await addPerson(server, 'ann');
  await using window = await openWindow(server.url);
  const { page } = window;
  const form = async (fields: Readonly<Record<string, string>>, button: string): Promise<void> => {
    for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByRole('button', { name: button }).click();
  };
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByLabel('Password').waitFor();
  await seen(window, 'issuer-sign-in');
  await form({ Name: 'ann', Password: 'a wrong one' }, 'Sign in');
  await page.getByRole('alert').waitFor();
  await seen(window, 'issuer-sign-in-wrong');
  await form({ Name: 'ann', Password: oneTime }, 'Sign in');
  await page.getByRole('heading', { name: 'Choose your own password' }).waitFor();
  await seen(window, 'issuer-password');
  await form({ 'New password': PASSWORD, 'Repeat the new password': NEXT }, 'Set password and go on');
  await page.getByText('The two are not the same.').waitFor();
  await seen(window, 'issuer-password-wrong');
  await form({ 'New password': PASSWORD, 'Repeat the new password': PASSWORD }, 'Set password and go on');
  await page.getByRole('heading', { name: 'My databases' }).or(page.getByRole('button', { name: 'Account' })).first().waitFor();

  await page.goto(`${server.url}/oidc/session/end`);
  await page.getByRole('heading', { name: 'Sign out?' }).waitFor();
  await seen(window, 'issuer-sign-out');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await seen(window, 'issuer-signed-out');
  await page.goto(`${server.url}/oidc/session/end`); // a page of the library leads on: the policy lets its script do so
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await page.goto(`${server.url}/oidc/interaction/gone`);
  await page.getByRole('heading', { name: 'This did not work' }).waitFor();
  await seen(window, 'issuer-mistake');
  const address = `${server.url}/oidc/auth?client_id=x`;
  const busy = page.getByRole('heading', { name: 'Not at this moment' });
  await waitFor(async () => { // more than once where the minute ends meanwhile, which began with the first sign-in
    for (let asked = 0; asked < SIGN_INS; asked += 50) await Promise.all(Array.from({ length: 50 }, async () => (await fetch(address)).arrayBuffer()));
    await page.goto(address);
    await busy.or(page.getByRole('heading', { name: 'This did not work' })).waitFor();
    return busy.isVisible();
  }, { what: 'the sign-ins of a minute to be used up', timeoutMs: 120_000 });
  await seen(window, 'issuer-busy');
  assert.deepEqual(window.complaints.filter((text) => !/status of 4\d\d/.test(text)), []); // of the mistakes
});
