import path from 'node:path';
import type { Page } from 'playwright-core';
import { openWindow } from '../../support/chromium.ts';
import type { Window } from '../../support/chromium.ts';
import { oneTimePassword, signInFirst, startWithConsole, windowOf } from '../../support/console-journey.ts';
import { programOf } from '../../support/person.ts';
import type { TestServer } from '../../support/server.ts';
import { temporaryDirectory } from '../../support/tmp.ts';
import { copyInstance } from '../rows.ts';

/** Somebody with very many databases, signed in. */
export interface ManyDatabases extends AsyncDisposable {
  readonly server: TestServer;
  readonly window: Window;
  /** Gives one of them, that is in sight, another name, from elsewhere, and waits until the page shows it. */
  rename(page: Page): Promise<void>;
}

/** A real server with `count` databases of somebody's, which are rows in the store and nothing more: stopped, as copies of the only real one. */
export async function manyDatabases(count: number, username: 'ann' | 'admin'): Promise<ManyDatabases> {
  await using failed = new AsyncDisposableStack();
  const scratch = failed.use(await temporaryDirectory('console'));
  const home = path.join(scratch.path, 'home');
  const server = await startWithConsole({ home, env: { DBMAKER_LOG_LEVEL: 'info' } });
  failed.defer(async () => {
    await server.kill('SIGKILL'); // stopped without deleting: nothing stands behind these rows
    await server.dispose();
  });
  const window = failed.use(await (username === 'admin' ? adminsWindow(server) : windowOf(server, username)));
  const person = await programOf(server, username);
  const pattern = await person.create({ template: 'redis', name: 'pattern' });
  await person.act(pattern.id, 'stop');
  await server.kill('SIGTERM');
  copyInstance(home, count - 1);
  await server.start();
  const opened = failed.move();
  return {
    server, window,
    async rename(page) {
      const [newest] = await person.must<{ items: { id: string }[] }>(200, 'GET', '/api/containers?limit=1').then(({ items }) => items);
      await person.must(200, 'PATCH', `/api/containers/${newest?.id ?? ''}`, { name: 'another-name' });
      await page.getByText('another-name').waitFor();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function adminsWindow(server: TestServer): Promise<Window> {
  await using failed = new AsyncDisposableStack();
  const oneTime = await oneTimePassword(server, 'admin');
  const window = failed.use(await openWindow(server.url));
  await window.page.goto(server.url);
  await signInFirst(window.page, 'admin', oneTime);
  await window.page.getByRole('button', { name: 'Account' }).waitFor();
  failed.move();
  return window;
}
