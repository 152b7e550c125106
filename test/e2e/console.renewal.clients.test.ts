import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowser } from '../support/chromium.ts';
import type { People, Window } from '../support/chromium.ts';
import { addPerson, oneTimePassword, PASSWORD, seen, signIn, signInFirst, startWithConsole } from '../support/console-journey.ts';
import { movableTime } from '../support/movable-time.ts';
import type { MovableTime } from '../support/movable-time.ts';
import { programOf } from '../support/person.ts';
import type { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

/** Of all of them together. */
const LIMIT = { timeout: 300_000 };
/** More than an access token of the embedded issuer lives: ten minutes. */
const MINUTES = 11;

/** A tab that stays open: tokens expire under it, sign-ins end elsewhere. Nobody is asked without need, and what was typed is kept. */
describe('a page of the console while its sign-in goes by', { concurrency: false, ...LIMIT }, () => {
  let time: MovableTime;
  let server: TestServer;
  let people: People;
  let window: Window;
  let page: Page;
  /** Ann, as a program of hers. */
  let ann: Awaited<ReturnType<typeof programOf>>;
  let minutes = 0;

  before(async () => {
    time = await movableTime();
    server = await startWithConsole({ env: time.env });
    people = await openBrowser(server.url);
    window = await people.window();
    page = window.page;
    await page.clock.install();
    const oneTime = await addPerson(server, 'ann');
    ann = await programOf(server, 'ann');
    await page.goto(`${server.url}/new`);
    await signInFirst(page, 'ann', oneTime);
    await page.getByRole('heading', { name: 'New database' }).waitFor();
  });
  after(async () => {
    await people[Symbol.asyncDispose]();
    await server.dispose();
    await time[Symbol.asyncDispose]();
  });

  /** So much later at the server; the browser's clock stays. */
  async function laterAtTheServer(): Promise<void> {
    minutes += MINUTES;
    await time.setHours(minutes / 60);
  }

  const answersOf = (watched: Page, part: string): number[] => {
    const statuses: number[] = [];
    watched.on('response', (response) => { if (response.url().includes(part)) statuses.push(response.status()); });
    return statuses;
  };

  /** A sign-in has just ended: who asks for something learns it, and the page itself does so a second later, perhaps before the click. */
  async function clickUnlessEnded(clicked: Page, button: string): Promise<void> {
    const ended = clicked.getByText('Your sign-in has ended.');
    await clicked.getByRole('button', { name: button }).or(ended).first().click();
    await ended.waitFor();
  }

  test('the token is renewed before it ends, unseen: what was typed stays, and what happens is told on', async () => {
    await page.getByRole('radio', { name: /Redis/ }).check();
    await page.getByLabel('Name').fill('cache');
    await page.getByText('Size, sleep and cleanup').click();
    await page.getByLabel('CPUs').selectOption('1');
    const logins = answersOf(page, '/api/auth/login');
    await laterAtTheServer();
    await page.clock.fastForward(MINUTES * 60_000);
    await waitFor(() => logins.includes(200), { what: 'the session to be renewed', timeoutMs: 60_000 });
    assert.equal(await page.getByLabel('Name').inputValue(), 'cache');
    assert.equal(await page.getByLabel('CPUs').inputValue(), '1');
    await page.getByRole('button', { name: 'Create database' }).click();
    await page.getByRole('heading', { name: 'cache' }).waitFor();
    await page.getByText('Running', { exact: false }).first().waitFor();
  });

  test('what the server refuses because the token is too old is asked again with a new one', async () => {
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByLabel('Sleep when unused for').selectOption('never');
    const answers = answersOf(page, '/api/containers/');
    await laterAtTheServer();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    assert.deepEqual(answers, [401, 200]);
  });

  test('while the server is away and the sign-in too old, a page says that it cannot be reached; then it goes on by itself and has missed nothing', async () => {
    const [cache] = await ann.list();
    await page.getByLabel('Sleep when unused for').selectOption('1h');
    await server.kill('SIGKILL');
    await page.getByText('Connection lost.').waitFor();
    await page.clock.fastForward(MINUTES * 60_000);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('cannot be reached.').waitFor();
    await laterAtTheServer();
    await server.start();
    await ann.act(cache?.id ?? '', 'stop');
    await waitFor(async () => !(await page.getByText('Connection lost.').isVisible()), { what: 'the page to be live again', timeoutMs: 60_000 });
    await page.getByText('Stopped', { exact: true }).first().waitFor();
    assert.equal(await page.getByLabel('Sleep when unused for').inputValue(), '1h');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
  });

  test('a log goes on by itself after the server was away and with a token that is too old, and shows each line once', async () => {
    const [cache] = await ann.list();
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await page.getByText('as it was when it last ran').waitFor();
    await ann.act(cache?.id ?? '', 'start');
    const live = page.getByText('live', { exact: true });
    const starts = page.getByRole('region', { name: 'Lines of the log' }).getByText('Ready to accept connections');
    await live.waitFor();
    await waitFor(async () => (await starts.count()) >= 2, { what: 'what it wrote when it started again', timeoutMs: 60_000 });
    const before = await starts.count();
    await server.kill('SIGKILL');
    await page.getByText('not connected; it is being connected again').waitFor();
    await seen(window, 'log-lost');
    await laterAtTheServer();
    await server.start();
    await waitFor(async () => {
      await page.clock.fastForward(30_000);
      return live.isVisible();
    }, { what: 'the log to be live again', timeoutMs: 60_000, intervalMs: 250 });
    assert.equal(await starts.count(), before);
    await ann.act(cache?.id ?? '', 'restart');
    await waitFor(async () => (await starts.count()) === before + 1, { what: 'the start after that', timeoutMs: 60_000 });
  });

  test('a sign-in that was ended elsewhere has to be made again, and then the form is as it was left', async () => {
    await page.goto(`${server.url}/new`);
    await page.getByRole('radio', { name: /PostgreSQL/ }).check();
    await page.getByLabel('Name').fill('orders');
    const oneTime = await oneTimePassword(server, ann.id); // which ends all their sign-ins
    await clickUnlessEnded(page, 'Create database');
    await signInFirst(page, 'ann', oneTime);
    await page.getByRole('heading', { name: 'New database' }).waitFor();
    assert.equal(await page.getByLabel('Name').inputValue(), 'orders');
    assert.ok(await page.getByRole('radio', { name: /PostgreSQL/ }).isChecked());
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'My databases' }).waitFor();
    await page.goto(`${server.url}/new`);
    await page.getByRole('radio', { name: /Redis/ }).waitFor();
    assert.notEqual(await page.getByLabel('Name').inputValue(), 'orders', 'what was given up is forgotten');
  });

  test('signing out in one tab ends the others, which lead back to where they were', async () => {
    const other = await window.tab();
    await other.goto(`${server.url}/backups`);
    await other.getByRole('heading', { name: 'Backups' }).waitFor();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await other.getByText('Your sign-in has ended.').waitFor({ timeout: 10_000 });
    await page.getByRole('heading', { name: 'Sign in to DbMaker' }).waitFor();
    assert.deepEqual(await page.evaluate<string[]>("Object.keys(sessionStorage).filter((name) => name.startsWith('dbm.'))"), []);
    await signIn(other, 'ann', PASSWORD);
    await other.getByRole('heading', { name: 'Backups' }).waitFor();
    await other.close();
  });

  test('by an API token one stays signed in however late it is, until the token is revoked', async () => {
    const made = await ann.must<{ token: string; id: string }>(201, 'POST', '/api/tokens', { name: 'for the page' });
    const programs = await people.window();
    await programs.page.goto(`${server.url}/new`);
    await programs.page.getByText('With an API token').click();
    await programs.page.getByLabel('API token').fill(made.token);
    await programs.page.getByRole('button', { name: 'Sign in with the token' }).click();
    await programs.page.getByRole('heading', { name: 'New database' }).waitFor();
    minutes += 13 * 60; // sessions end after twelve hours
    await time.setHours(minutes / 60);
    await server.restart();
    await waitFor(async () => !(await programs.page.getByText('Connection lost.').isVisible()), { what: 'the page to be live again', timeoutMs: 60_000 });
    await programs.page.getByLabel('Name').fill('orders');
    await programs.page.getByRole('radio', { name: /Redis/ }).check();
    await ann.must(204, 'DELETE', `/api/tokens/${made.id}`);
    await clickUnlessEnded(programs.page, 'Create database');
    await programs[Symbol.asyncDispose]();
  });
});
