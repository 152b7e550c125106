import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { program } from '../clients/program.ts';
import type { Window } from '../support/chromium.ts';
import { startWithConsole, windowOf } from '../support/console-journey.ts';
import { noteSecret } from '../support/secrets.ts';
import type { TestServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

/** From the first sign-in to the answer of a database, by what the page gives out and nothing else. */
describe('what the console gives out works when it is pasted into a shell', { concurrency: false, timeout: 300_000 }, () => {
  let server: TestServer;
  let window: Window;
  let page: Page;
  let downloads: Awaited<ReturnType<typeof temporaryDirectory>>;

  before(async () => {
    server = await startWithConsole();
    window = await windowOf(server, 'ann', '/new');
    page = window.page;
    downloads = await temporaryDirectory('downloads');
  });
  after(async () => {
    await window[Symbol.asyncDispose]();
    await server.dispose();
    await downloads[Symbol.asyncDispose]();
  });

  async function create(template: RegExp, name: string): Promise<void> {
    await page.goto(`${server.url}/new`);
    await page.getByRole('radio', { name: template }).check();
    await page.getByLabel('Name').fill(name);
    await page.getByRole('button', { name: 'Create database' }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.getByText('Running', { exact: true }).first().waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Show password' }).click();
  }

  async function copied(client: string): Promise<string> {
    await page.getByLabel('Connect with').selectOption({ label: client });
    await page.evaluate("navigator.clipboard.writeText('')");
    await page.getByRole('button', { name: 'Copy snippet' }).click();
    const text = await waitFor(() => page.evaluate<string>('navigator.clipboard.readText()'), { what: 'the snippet to be in the clipboard' });
    const password = /:([^:@/]+)@|--pass (\S+)/.exec(text)?.slice(1).find((part) => part !== undefined);
    assert.ok(password, text);
    noteSecret('password', password);
    return text;
  }

  /** Pastes it where the downloads lie, and types on. @returns what was answered */
  const shell = async (pasted: string, typed: string): Promise<string> =>
    (await program('/bin/bash', ['-c', `cd '${downloads.path}' && ${pasted}`], { input: typed })).trim();

  test('psql, and psql that checks the certificate with the authority that can be downloaded', async () => {
    await create(/PostgreSQL/, 'orders');
    await shell(await copied('psql'), 'CREATE TABLE answers (n int); INSERT INTO answers VALUES (42);\n');
    const byName = await copied('psql over TLS');
    assert.match(byName, /sslmode=verify-full/);
    await assert.rejects(shell(byName, 'SELECT 1;\n'), ({ stderr }: Error & { stderr: string }) => /root certificate file "dbmaker-ca.pem" does not exist/.test(stderr), 'nothing is trusted that was not given');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download CA certificate' }).click()]);
    await download.saveAs(path.join(downloads.path, download.suggestedFilename()));
    await access(path.join(downloads.path, 'dbmaker-ca.pem'));
    assert.match(await shell(byName, 'SELECT n FROM answers;\n'), /\n 42\n\(1 row\)$/);
    assert.match(await shell(byName, '\\conninfo\n'), /SSL connection/);
  });

  test('redis-cli, in the clear and over TLS', async () => {
    await create(/Redis/, 'cache');
    assert.equal(await shell(await copied('redis-cli'), 'SET answer 42\n'), 'OK');
    const byName = await copied('redis-cli over TLS');
    assert.match(byName, /--cacert dbmaker-ca\.pem/);
    assert.equal(await shell(byName, 'GET answer\n'), '42');
  });
});
