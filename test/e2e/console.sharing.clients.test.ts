import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceView } from '../../src/api/schemas/instance.ts';
import { withRedis } from '../support/clients.ts';
import { openBrowser } from '../support/chromium.ts';
import { addPerson, copyBy, seen, signInFirst, startWithConsole } from '../support/console-journey.ts';
import { noteSecret } from '../support/secrets.ts';
import { waitFor } from '../support/wait.ts';

const LIMIT = { timeout: 300_000 };

test('two people side by side: a database is shared, both see what the other does to it, and the one who loses it is told so', LIMIT, async () => {
  await using server = await startWithConsole();
  await using people = await openBrowser(server.url);
  const [anns, bobs] = [await people.window(), await people.window()];
  const [ann, bob] = [anns.page, bobs.page];
  for (const [page, name, address] of [[ann, 'ann', '/new?template=redis'], [bob, 'bob', '/']] as const) {
    const oneTime = await addPerson(server, name);
    await page.goto(`${server.url}${address}`);
    await signInFirst(page, name, oneTime);
  }
  await bob.getByRole('heading', { name: 'Your first database is a minute away' }).waitFor();

  // Ann makes one and lets Bob look at it.
  await ann.getByLabel('Name').fill('cart');
  await ann.getByRole('button', { name: 'Create database' }).click();
  await ann.getByText('Running').first().waitFor();
  await ann.getByRole('link', { name: 'Sharing', exact: true }).click();
  await ann.getByText('Nobody else').waitFor();
  await ann.getByLabel('Username').fill('nobody-here');
  await ann.getByRole('button', { name: 'Share', exact: true }).click();
  await ann.getByText('There is nobody of this username.').waitFor();
  await ann.getByLabel('Username').fill('bob');
  await ann.getByRole('button', { name: 'Share', exact: true }).click();
  await ann.getByText('bob has access now.').waitFor();
  await seen(anns, 'sharing');

  // Bob sees it at once, and is offered what a viewer may.
  const row = bob.getByRole('link', { name: /cart/ });
  await row.getByText('shared by ann').waitFor();
  await bob.getByLabel('Whose').selectOption('Mine');
  await bob.getByText('No database matches.').waitFor();
  await bob.getByLabel('Whose').selectOption('Shared with me');
  await seen(bobs, 'list-shared');
  await row.click();
  await bob.getByText('Shared by ann: you can look at it.').waitFor();
  await bob.getByText('ask ann to make you an operator').waitFor();
  await seen(bobs, 'overview-viewer');
  for (const name of ['Restart', 'More actions', 'Show password']) assert.equal(await bob.getByRole('button', { name }).count(), 0, name);
  for (const name of ['Settings', 'Sharing', 'Change']) assert.equal(await bob.getByRole('link', { name, exact: true }).count(), 0, name);
  await bob.goto(`${bob.url()}/settings`);
  await bob.getByText('Only ann and admins can see and change this.').waitFor();
  await bob.getByRole('link', { name: 'Overview', exact: true }).click();

  // As an operator he gets the password, and what either does the other sees.
  await ann.getByLabel('What bob may do').selectOption('operator');
  await bob.getByText('Shared by ann: you can use it').waitFor();
  const { hostname: host, port, username, password } = new URL(await copyBy(bob, 'Copy connection string'));
  noteSecret('password', password);
  assert.equal(await withRedis({ host, port: Number(port), username, password, database: '0' }, (client) => client.ping()), 'PONG');
  await seen(bobs, 'overview-operator');
  await ann.getByRole('link', { name: 'Overview', exact: true }).click();
  await bob.getByRole('button', { name: 'More actions' }).click();
  for (const name of ['New password …', 'Delete …']) assert.equal(await bob.getByRole('menuitem', { name }).count(), 0, name);
  await bob.getByRole('menuitem', { name: 'Stop' }).click();
  await ann.getByText('Stopped', { exact: true }).waitFor();
  await ann.getByText('by bob').first().waitFor();
  await ann.getByRole('button', { name: 'Start' }).click();
  await bob.getByText('Running').first().waitFor();

  // It is taken back under his eyes.
  await ann.getByRole('link', { name: 'Sharing', exact: true }).click();
  await ann.getByRole('button', { name: 'Remove bob' }).click();
  await ann.getByText('they may have kept the password').waitFor();
  await ann.getByRole('button', { name: 'Share no more' }).click();
  await bob.getByRole('heading', { name: 'This database is no longer shared with you' }).waitFor();
  await seen(bobs, 'unshared');
  await bob.getByRole('link', { name: 'My databases' }).first().click();
  await bob.getByRole('heading', { name: 'Your first database is a minute away' }).waitFor();

  // He still knows the password: a new one is offered where it was taken back.
  await ann.getByText('bob may have kept the password, which is still good.').waitFor();
  await seen(anns, 'sharing-removed');
  await ann.getByRole('button', { name: 'New password …' }).click();
  await ann.getByRole('button', { name: 'Change password' }).click();
  await ann.getByText('It gets a new password').waitFor();
  await ann.getByText('may have kept').waitFor({ state: 'detached' });
  const old = { host, port: Number(port), username, password, database: '0' };
  await waitFor(() => withRedis(old, (client) => client.ping()).then(() => false, (error: unknown) => /WRONGPASS/.test(String(error))), { what: 'the old password to be refused', timeoutMs: 60_000 });

  // Once more; now he leaves by himself.
  await ann.getByText('Nobody else').waitFor();
  await ann.getByLabel('Username').fill('bob');
  await ann.getByRole('button', { name: 'Share', exact: true }).click();
  await row.click();
  await bob.getByRole('button', { name: 'Leave …' }).click();
  await bob.getByRole('button', { name: 'Leave it' }).click();
  await bob.getByRole('heading', { name: 'My databases' }).waitFor();
  await ann.getByText('Nobody else').waitFor();
  const only = async (): Promise<InstanceView | undefined> => (await server.api<{ items: InstanceView[] }>('GET', '/api/containers')).body.items[0];
  await waitFor(async () => (await only())?.status === 'running', { what: 'it to run with its new password', timeoutMs: 60_000 });
  for (const { complaints } of [anns, bobs]) assert.deepEqual(complaints.filter((text) => !/status of 404/.test(text)), []); // of whom there is not, and of what is gone for him
});

test('what goes on with a database is drawn small in the list and large on its own page, and goes on being drawn', LIMIT, async () => {
  await using server = await startWithConsole();
  await using people = await openBrowser(server.url);
  const window = await people.window();
  const { page } = window;
  const oneTime = await addPerson(server, 'ann');
  await page.goto(`${server.url}/new?template=redis`);
  await signInFirst(page, 'ann', oneTime);
  await page.getByLabel('Name').fill('busy');
  await page.getByRole('button', { name: 'Create database' }).click();
  await page.getByText('Running').first().waitFor();
  await page.getByRole('link', { name: 'Databases', exact: true }).click();
  const spark = page.getByRole('img', { name: /24 hours/ });
  await page.getByRole('img', { name: 'Not used in the last 24 hours' }).waitFor();
  const [one] = (await server.api<{ items: { id: string }[] }>('GET', '/api/containers')).body.items;
  const login = (await server.api<{ host: string; port: number; username: string; password: string; database: string }>('GET', `/api/containers/${one?.id ?? ''}/connection`)).body;
  await withRedis(login, async (client) => { for (let n = 0; n < 20; n += 1) await client.set(`k${n}`, 'x'.repeat(10_000)); });
  await page.getByRole('img', { name: /KB in the last 24 hours, most of it about/ }).waitFor({ timeout: 150_000 }); // by the stream alone
  assert.equal(await spark.count(), 1);
  await seen(window, 'list-busy');
  await page.reload();
  await page.getByRole('img', { name: /KB in the last 24 hours/ }).waitFor();
  await page.getByRole('link', { name: /busy/ }).click();
  await page.getByRole('link', { name: 'Metrics', exact: true }).click();
  await page.getByRole('img', { name: /Connections/ }).waitFor({ timeout: 90_000 }); // the page looks once a minute
  await seen(window, 'metrics-charts');
});
