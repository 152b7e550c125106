import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { startApi } from '../../../test/integration/api-harness.ts';
import type { Harness } from '../../../test/integration/api-harness.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';

const HTML = { accept: 'text/html,*/*' };

async function withConsole(use: (api: Harness) => Promise<void>): Promise<void> {
  await using parent = await temporaryDirectory('console');
  const directory = path.join(parent.path, 'browser');
  await mkdir(directory);
  await writeFile(path.join(directory, 'index.html'), '<dbm-root ngCspNonce="CSP_NONCE"></dbm-root>');
  await writeFile(path.join(directory, 'main-ABCDEF12.js'), 'export {};');
  await writeFile(path.join(directory, 'favicon.svg'), '<svg/>');
  await writeFile(path.join(parent.path, 'secret.txt'), 'secret');
  await using api = await startApi({ config: { consoleDirectory: directory } });
  await use(api);
}

test('every address of a page answers with the console, and with a policy that allows nothing inline but what carries its nonce', async () => {
  await withConsole(async (api) => {
    const nonces = new Set<string>();
    for (const url of ['/', '/new', '/databases/abc/log', '/auth/redirect?code=1']) {
      const { status, headers, text } = await api.ask(url, { headers: HTML });
      assert.equal(status, 200, url);
      assert.equal(headers['cache-control'], 'no-cache');
      const csp = String(headers['content-security-policy']);
      const nonce = /'nonce-([\w-]{22})'/.exec(csp)?.[1] ?? '';
      assert.ok(text.includes(`ngCspNonce="${nonce}"`), text);
      nonces.add(nonce);
      assert.doesNotMatch(csp, /unsafe/);
      assert.match(csp, url.startsWith('/auth/redirect') ? /frame-ancestors 'self'/ : /frame-ancestors 'none'/);
    }
    assert.equal(nonces.size, 4);
  });
});

test('what has a hash in its name is kept for good, everything else is asked for again', async () => {
  await withConsole(async (api) => {
    const hashed = await api.ask('/main-ABCDEF12.js');
    assert.equal(hashed.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(String(hashed.headers['content-type']), /javascript/);
    assert.equal((await api.ask('/favicon.svg')).headers['cache-control'], 'no-cache');
    const missing = await api.ask('/main-GHIJKL34.js');
    assert.deepEqual([missing.status, missing.headers['cache-control']], [404, 'no-store'], 'it may be there in a moment');
  });
});

test('unknown addresses of the API stay problems, also for a browser, and so do files that are not there', async () => {
  await withConsole(async (api) => {
    for (const url of ['/api/nope', '/events/nope', '/nope.js', '/../secret.txt', '/%2e%2e/secret.txt']) {
      const { status, json } = await api.ask(url, { headers: HTML });
      assert.equal(status, 404, url);
      assert.equal(json.code, 'not_found', url);
    }
    assert.equal((await api.ask('/nope')).status, 404);
    const { status, headers } = await api.ask('/api/auth/login', { headers: HTML });
    assert.deepEqual([status, headers['allow']], [405, 'POST']);
  });
});

test('without a built console there is no page', async () => {
  await using api = await startApi();
  assert.equal((await api.ask('/', { headers: HTML })).status, 404);
});
