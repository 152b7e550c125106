import assert from 'node:assert/strict';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { ensureConsole } from '../../scripts/setup/console.mjs';
import { openWindow } from './chromium.ts';
import type { Window } from './chromium.ts';
import { noteSecret } from './secrets.ts';
import { startServer } from './server.ts';
import type { ServerOptions, TestServer } from './server.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What people choose at their first sign-in. */
export const PASSWORD = 'three words and a horse';

/** A real server with the console as it is in the sources. */
export async function startWithConsole(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  await ensureConsole(ROOT);
  noteSecret('password', PASSWORD);
  return startServer({ runtime: 'process', ...options });
}

/** Somebody whom an admin has just added. @returns their one-time password */
export async function addPerson(server: TestServer, username: string): Promise<string> {
  const { status, body } = await server.api<{ id: string }>('POST', '/api/users', { username });
  assert.equal(status, 201);
  return oneTimePassword(server, body.id);
}

/** Of a person who is there; `admin` is the account of the first start. */
export async function oneTimePassword(server: TestServer, id: string): Promise<string> {
  const { password } = (await server.api<{ password: string }>('POST', `/api/users/${id}/password`)).body;
  noteSecret('password', password);
  return password;
}

/** From the page that asks to sign in, through the issuer's. */
export async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByLabel('Name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The same with a one-time password, which is changed to {@link PASSWORD} then. */
export async function signInFirst(page: Page, username: string, oneTime: string): Promise<void> {
  await signIn(page, username, oneTime);
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Repeat the new password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password and go on' }).click();
}

/** A window of somebody who was just added and has signed in, at `address` of the console. */
export async function windowOf(server: TestServer, username: string, address = '/'): Promise<Window> {
  await using failed = new AsyncDisposableStack();
  const oneTime = await addPerson(server, username);
  const window = failed.use(await openWindow(server.url));
  await window.page.goto(`${server.url}${address}`);
  await signInFirst(window.page, username, oneTime);
  await window.page.getByRole('button', { name: 'Account' }).waitFor();
  failed.move();
  return window;
}

/** Presses a button that copies. It says so for two seconds only: that is looked for before it is pressed. @returns what is in the clipboard then */
export async function copyBy(page: Page, button: string): Promise<string> {
  await Promise.all([page.getByText('Copied', { exact: true }).first().waitFor({ state: 'attached' }), page.getByRole('button', { name: button }).click()]);
  return page.evaluate<string>('navigator.clipboard.readText()');
}

/** Pictures of the page as it is are kept; nothing is wrong with it. @throws AssertionError */
export async function seen(window: Window, name: string): Promise<void> {
  assert.deepEqual(await window.look(name), []);
}
