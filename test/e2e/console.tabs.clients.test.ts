import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { startWithConsole, windowOf } from '../support/console-journey.ts';

const LIMIT = { timeout: 240_000 };
/** More than the six connections that a browser opens to a server without HTTP/2. */
const TABS = 8;

/** In Chromium without a screen each tab is seen: here it is told whether it is. */
const SEEN = 'Object.defineProperty(document, "visibilityState", { get: () => (globalThis.isHidden ? "hidden" : "visible") })';
const become = (page: Page, isHidden: boolean): Promise<unknown> => page.evaluate(`globalThis.isHidden = ${isHidden}; document.dispatchEvent(new Event("visibilitychange"))`);

test('eight tabs of one person work, over plain HTTP too: whichever is looked at is live and has missed nothing', LIMIT, async () => {
  await using server = await startWithConsole();
  await using window = await windowOf(server, 'ann', '/new?template=redis');
  await window.page.context().addInitScript(SEEN);
  await window.page.reload();
  await window.page.getByLabel('Name').fill('cache');
  await window.page.getByRole('button', { name: 'Create database' }).click();
  await window.page.getByText('Running', { exact: false }).first().waitFor();
  await window.page.getByRole('link', { name: 'Log', exact: true }).click();
  await window.page.getByText('live', { exact: true }).waitFor();

  const tabs = [window.page];
  while (tabs.length < TABS) {
    await become(tabs.at(-1) ?? window.page, true);
    const tab = await window.tab();
    tabs.push(tab);
    await tab.goto(`${server.url}/`);
    await tab.getByRole('link', { name: /cache/ }).getByText('Running').waitFor();
  }

  const [{ id } = { id: '' }] = (await server.api<{ items: { id: string }[] }>('GET', '/api/containers')).body.items;
  await server.api('POST', `/api/containers/${id}/stop`, undefined, { prefer: 'wait=60' });
  await tabs.at(-1)?.getByRole('link', { name: /cache/ }).getByText('Stopped').waitFor();
  await become(tabs.at(-1) ?? window.page, true);
  for (const tab of tabs.slice(1)) {
    await become(tab, false);
    await tab.getByRole('link', { name: /cache/ }).getByText('Stopped').waitFor();
    await become(tab, true);
  }
  await become(window.page, false);
  await window.page.getByText('Stopped', { exact: true }).waitFor();
  await window.page.getByRole('button', { name: 'Start' }).click();
  await window.page.getByText('Running', { exact: false }).first().waitFor();
  assert.deepEqual(window.complaints, []);
});
