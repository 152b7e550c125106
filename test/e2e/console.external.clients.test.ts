import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowser } from '../support/chromium.ts';
import type { People, Window } from '../support/chromium.ts';
import { startWithConsole } from '../support/console-journey.ts';
import { startOtherIssuer } from '../support/other-issuer.ts';
import type { OtherIssuer } from '../support/other-issuer.ts';
import type { TestServer } from '../support/server.ts';

/** More than its access tokens live. */
const HOUR_MS = 61 * 60_000;

/** At the pages that oidc-provider brings for development. */
async function signInThere(page: Page, name: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

describe('with the organisation\'s own issuer', { concurrency: false, timeout: 300_000 }, () => {
  let issuer: OtherIssuer;
  let server: TestServer;
  let people: People;

  before(async () => {
    issuer = await startOtherIssuer();
    server = await startWithConsole({ env: issuer.env });
    issuer.setConsole(server.url);
    people = await openBrowser(server.url, { believesEveryCertificate: true });
  });
  after(async () => {
    await people[Symbol.asyncDispose]();
    await server.dispose();
    await issuer[Symbol.asyncDispose]();
  });

  /** The form that somebody has filled in who had to sign in before. */
  async function atTheForm(name: string): Promise<Window> {
    const window = await people.window();
    const { page } = window;
    await page.clock.install();
    await page.goto(`${server.url}/new`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await signInThere(page, name);
    await page.getByRole('heading', { name: 'New database' }).waitFor();
    await page.getByRole('radio', { name: /Redis/ }).check();
    await page.getByLabel('Name').fill('cache');
    await page.getByText(`${name}-redis-····`).waitFor();
    return window;
  }

  test('people sign in there, tokens are renewed unseen, and signing out signs out there, too', async () => {
    await using window = await atTheForm('ann');
    const { page } = window;
    const renewed = page.waitForResponse((response) => response.url().startsWith(`${issuer.authority}/token`));
    await page.clock.fastForward(HOUR_MS);
    assert.equal((await renewed).status(), 200);
    await page.getByRole('button', { name: 'Create database' }).click();
    await page.getByRole('heading', { name: 'cache' }).waitFor();
    await page.getByText('Running', { exact: false }).first().waitFor();

    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('ann of elsewhere').waitFor();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    await page.getByRole('heading', { name: 'Sign in to DbMaker' }).waitFor();
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByPlaceholder('and password').waitFor();
    assert.deepEqual(window.complaints.filter((text) => !text.includes(issuer.authority)), []);
  });

  test('without refresh tokens, and without its cookies in a frame, people are asked again and go on where they were', async () => {
    issuer.setRefreshing(false);
    await using window = await atTheForm('bob');
    const { page } = window;
    await page.clock.fastForward(HOUR_MS);
    await page.getByText('Your sign-in has ended.').waitFor();
    await page.getByRole('button', { name: 'Sign in', exact: true }).click(); // it knows them still, and asks nothing
    await page.getByRole('heading', { name: 'New database' }).waitFor();
    assert.equal(await page.getByLabel('Name').inputValue(), 'cache');
  });

  test('its roles are those of DbMaker', async () => {
    await using window = await atTheForm('boss');
    await window.page.getByRole('link', { name: 'Admin', exact: true }).waitFor();
  });
});
