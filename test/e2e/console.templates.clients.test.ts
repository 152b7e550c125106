/** Templates as an admin makes them: told what is wrong as it is typed, tried before they are saved, used by people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { openWindow } from '../support/chromium.ts';
import type { Window } from '../support/chromium.ts';
import { copyBy, oneTimePassword, seen, signInFirst, startWithConsole, windowOf } from '../support/console-journey.ts';
import { noteSecret } from '../support/secrets.ts';
import type { TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const LIMIT = { timeout: 300_000 };

async function adminsWindow(server: TestServer, address: string): Promise<Window> {
  await using failed = new AsyncDisposableStack();
  const oneTime = await oneTimePassword(server, 'admin');
  const window = failed.use(await openWindow(server.url));
  await window.page.goto(`${server.url}${address}`);
  await signInFirst(window.page, 'admin', oneTime);
  await window.page.getByRole('button', { name: 'Account' }).waitFor();
  failed.move();
  return window;
}

const databases = async (server: TestServer): Promise<{ name: string }[]> => (await server.api<{ items: { name: string }[] }>('GET', '/api/containers')).body.items;

test('an admin adds a template: what is wrong is told, a test run is green, and a person makes a database of it', LIMIT, async () => {
  await using server = await startWithConsole();
  {
    await using window = await adminsWindow(server, '/admin/templates');
    const { page } = window;
    await page.getByRole('heading', { name: 'PostgreSQL' }).waitFor();
    await page.getByText('Can run here').first().waitFor();
    await seen(window, 'admin-templates');
    await page.getByRole('link', { name: 'New template' }).click();
    await page.getByRole('heading', { name: 'New template' }).waitFor();
    await page.getByText('5 problems to fix').waitFor();
    await page.getByRole('button', { name: 'Add template' }).click();
    await page.getByText('The name is required.').waitFor();
    assert.equal(await page.evaluate('document.activeElement.getAttribute("aria-invalid")'), 'true', 'the focus is at the first thing to correct');

    await page.getByLabel('Name', { exact: true }).fill('Small Redis');
    await page.getByLabel('Type', { exact: true }).fill('redis');
    await page.getByLabel('Image').fill('https://hub.example.com/redis');
    await page.getByLabel('Container port').fill('65x');
    await page.getByLabel('Connection string').fill('redis://{user}:{password}@{subdomain}:{port}');
    await page.getByLabel('Environment variables').fill('LD_PRELOAD=/x.so\nA=b');
    await page.getByLabel('Memory').fill('much');
    await page.getByText('The image must be an image name such as postgres:15-alpine, without a scheme.').waitFor();
    await page.getByText('LD_PRELOAD: this variable is reserved.').waitFor();
    await page.getByText('The port must be a whole number.').waitFor();
    await page.getByText('uses {user}, which is not a variable').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Try it' }).isDisabled());
    await page.getByLabel('CPUs').focus();
    await page.getByText('The memory must be an amount of memory').waitFor();
    await seen(window, 'admin-template-wrong');

    await page.getByLabel('Image').fill('redis:7');
    await page.getByLabel('Container port').fill('6379');
    await page.getByLabel('Connection string').fill('redis://{username}:{password}@{subdomain}:{port}');
    await page.getByLabel('Environment variables').fill('');
    await page.getByLabel('Memory').fill('64MB');
    await page.getByLabel('Description').fill('A cache for small things.');
    await page.getByText('No problems found').waitFor();
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('It works.').waitFor({ timeout: 60_000 });
    await seen(window, 'admin-template-works');
    const [trial] = await databases(server);
    assert.match(trial?.name ?? '', /^test-small-redis-/);

    await page.getByRole('button', { name: 'JSON' }).click();
    const json = page.getByLabel('The whole document');
    assert.deepEqual(JSON.parse(await json.inputValue()), {
      name: 'Small Redis', type: 'redis', image: 'redis:7', connectionStringTemplate: 'redis://{username}:{password}@{subdomain}:{port}', description: 'A cache for small things.', defaultPort: 6379, resources: { memory: '64MB' },
    });
    await json.fill('{"name": ');
    await page.getByText('It cannot be read').waitFor();
    await json.fill('{"name": "Small Redis", "privileged": true}');
    await page.getByText('is not a member that is known here').waitFor();
    await seen(window, 'admin-template-json');
    await json.fill(JSON.stringify({
      name: 'Small Redis', type: 'redis', image: 'redis:7', defaultPort: 6379, connectionStringTemplate: 'redis://{username}:{password}@{subdomain}:{port}', description: 'A cache for small things.', resources: { memory: '64MB' },
      policies: { allow: { ttl: '7d' } },
    }));
    await page.getByText('No problems found').waitFor();
    await page.getByText('has changed since').waitFor();
    await page.getByRole('button', { name: 'Form' }).click();
    assert.equal(await page.getByLabel('Memory').inputValue(), '64MB');
    await page.getByRole('button', { name: 'Add template' }).click();
    await page.getByRole('heading', { name: 'Small Redis' }).waitFor();
    await waitFor(async () => (await databases(server)).length === 0, { what: 'the trial to be taken away', timeoutMs: 30_000 });
    assert.deepEqual((await server.api<{ items: unknown[] }>('GET', '/api/backups')).body.items, []);
    const { document } = { document: (await server.api<{ policies: unknown }>('GET', '/api/templates/small-redis')).body };
    assert.deepEqual(document.policies, { allow: { ttl: '7d' } });
    assert.deepEqual(window.complaints, []);
  }
  await using window = await windowOf(server, 'ann', '/new');
  const { page } = window;
  await page.getByText('A cache for small things.').click();
  await page.getByLabel('Name').fill('cache');
  await page.getByRole('button', { name: 'Create database' }).click();
  await page.getByText('Running').first().waitFor({ timeout: 60_000 });
  const address = await copyBy(page, 'Copy connection string');
  noteSecret('password', new URL(address).password);
  const client = new Redis(address);
  assert.equal(await client.ping(), 'PONG');
  await client.quit();
});

test('a test run that fails says why and shows what it wrote; a template is changed, duplicated and deleted', LIMIT, async () => {
  await using server = await startWithConsole();
  await server.api('POST', '/api/templates', {
    name: 'Odd', type: 'postgresql', image: 'postgres:15', defaultPort: 5432, connectionStringTemplate: 'postgresql://{username}:{password}@{subdomain}:{port}/{database}', command: ['postgres', '-c', 'shared_buffers=nonsense'],
  });
  await using window = await adminsWindow(server, '/admin/templates/odd');
  const { page } = window;
  await page.getByRole('heading', { name: 'Odd' }).waitFor();
  await page.getByText('No problems found').waitFor();
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByText('It does not work.').waitFor({ timeout: 60_000 });
  await page.getByText('invalid value for parameter "shared_buffers"').first().waitFor();
  await seen(window, 'admin-template-fails');
  await page.getByLabel('Command').fill('postgres\n-c\nshared_buffers=32MB');
  await page.getByText('No problems found').waitFor();
  await page.getByRole('button', { name: 'Try it again' }).click();
  await page.getByText('It works.').waitFor({ timeout: 60_000 });
  await waitFor(async () => (await databases(server)).length === 1, { what: 'the first trial to be taken away', timeoutMs: 30_000 });
  await page.getByRole('button', { name: 'Remove it' }).click();
  await waitFor(async () => (await databases(server)).length === 0, { what: 'the second one, too', timeoutMs: 30_000 });
  const other = await window.tab();
  await other.goto(page.url());
  await other.getByRole('button', { name: 'Try it' }).click();
  await waitFor(async () => (await databases(server)).length === 1, { what: 'a third one', timeoutMs: 30_000 });
  await other.getByRole('button', { name: 'Remove it' }).waitFor();
  await other.goto('about:blank');
  await waitFor(async () => (await databases(server)).length === 0, { what: 'it to go with its tab', timeoutMs: 30_000 });
  await other.close();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Odd' }).waitFor();

  await page.getByRole('link', { name: 'Duplicate: Odd' }).click();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Odd copy');
  await page.getByRole('button', { name: 'Add template' }).click();
  await page.getByRole('heading', { name: 'Odd copy' }).waitFor();
  assert.deepEqual((await server.api<{ command: string[] }>('GET', '/api/templates/odd-copy')).body.command, ['postgres', '-c', 'shared_buffers=32MB']);
  // By keyboard alone.
  await page.getByRole('button', { name: 'Delete: Odd copy' }).focus();
  await page.keyboard.press('Enter');
  const cancel = page.getByRole('dialog').getByRole('button', { name: 'Cancel' });
  await waitFor(async () => cancel.evaluate((button) => button.matches(':focus')), { what: 'the focus in the dialog' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Odd copy' }).waitFor({ state: 'detached' });
  assert.equal((await server.api('GET', '/api/templates/odd-copy')).status, 404);
  assert.equal(await page.getByRole('button', { name: 'Delete: Redis' }).count(), 0, 'what is built in comes back anyway');
  assert.deepEqual(window.complaints, []);
});
