import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { supervise } from '../bench/supervised.ts';
import { openBrowser } from '../support/chromium.ts';
import { addPerson, signInFirst, startWithConsole } from '../support/console-journey.ts';
import { programOf } from '../support/person.ts';
import { freePort } from '../support/ports.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CONSOLE = path.join(ROOT, 'console');

/** As console/README.md tells developers, but for the ports. */
test('`ng serve` leads to a server that runs: people sign in by both ways, and the list is live', { timeout: 420_000 }, async () => {
  await using scratch = await temporaryDirectory('serve');
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  await using server = await startWithConsole({ env: { DBMAKER_PUBLIC_URL: origin } }); // also has what ng needs;
  const proxy = path.join(scratch.path, 'proxy.conf.json');
  const text = await readFile(path.join(CONSOLE, 'proxy.conf.json'), 'utf8');
  await writeFile(proxy, text.replaceAll('http://127.0.0.1:8080', server.url));
  assert.ok(text.includes('http://127.0.0.1:8080'));
  const serve = `cd ${CONSOLE} && exec '${process.execPath}' node_modules/@angular/cli/bin/ng.js serve --port ${port} --proxy-config ${proxy}`;
  await using serving = supervise('/bin/sh', ['-c', serve], { NG_CLI_ANALYTICS: 'false', NO_COLOR: '1' });
  await waitFor(async () => (await fetch(origin)).ok, { what: '`ng serve` to have built the console', timeoutMs: 240_000, intervalMs: 250, explain: () => serving.output() });

  const oneTime = await addPerson(server, 'ann');
  const ann = await programOf(server, 'ann');
  await using people = await openBrowser(origin);
  const byIssuer = await people.window();
  await byIssuer.page.goto(origin);
  await signInFirst(byIssuer.page, 'ann', oneTime);
  await byIssuer.page.getByRole('heading', { name: 'My databases' }).waitFor();
  assert.equal(new URL(byIssuer.page.url()).origin, origin);
  const byToken = await people.window();
  await byToken.page.goto(origin);
  await byToken.page.getByText('With an API token').click();
  await byToken.page.getByLabel('API token').fill(ann.token);
  await byToken.page.getByRole('button', { name: 'Sign in with the token' }).click();
  await byToken.page.getByRole('heading', { name: 'My databases' }).waitFor();
  const { id } = await ann.create({ template: 'redis', name: 'cache' });
  for (const { page } of [byIssuer, byToken]) await page.getByRole('link', { name: /cache/ }).getByText('Running').waitFor();
  await ann.act(id, 'stop');
  for (const { page } of [byIssuer, byToken]) await page.getByRole('link', { name: /cache/ }).getByText('Stopped').waitFor();
  assert.deepEqual([...byIssuer.complaints, ...byToken.complaints], []);
});
