import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { startApi } from '../../../test/integration/api-harness.ts';
import type { Harness } from '../../../test/integration/api-harness.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';

const HTML = { accept: 'text/html,*/*' };

async function withConsole(use: (api: Harness) => Promise<void>, signIn?: NonNullable<Parameters<typeof startApi>[0]>['signIn']): Promise<void> {
  await using parent = await temporaryDirectory('console');
  const directory = path.join(parent.path, 'browser');
  await mkdir(directory);
  await writeFile(path.join(directory, 'index.html'), '<dbm-root ngCspNonce="CSP_NONCE"></dbm-root>');
  await writeFile(path.join(directory, 'main-ABCDEF12.js'), 'export {};');
  await writeFile(path.join(directory, 'favicon.svg'), '<svg/>');
  await writeFile(path.join(parent.path, 'secret.txt'), 'secret');
  await using api = await startApi({ config: { consoleDirectory: directory }, ...(signIn === undefined ? {} : { signIn }) });
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

test('the page may ask all hosts that the issuer outside names, nothing that is no address of https, and is there while the issuer is not', async () => {
  let answer = async (): Promise<string> => { throw new Error('not now'); };
  const issuer = createServer((_request, response) => {
    answer().then((text) => response.setHeader('content-type', 'application/json').end(text), () => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  const authority = `http://127.0.0.1:${String((issuer.address() as AddressInfo).port)}`;
  const oidc = { authority, clientId: 'c', scope: 's', audiences: ['a'], adminRole: null };
  const document = {
    issuer: authority, jwks_uri: `${authority}/jwks`, authorization_endpoint: `${authority}/auth`, token_endpoint: 'https://tokens.example:8443/token', userinfo_endpoint: 'https://*/me',
    end_session_endpoint: "javascript:alert(1);script-src 'unsafe-inline'",
  };
  const hosts = async (api: Harness): Promise<(string | undefined)[]> => {
    const csp = String((await api.ask('/', { headers: HTML })).headers['content-security-policy']);
    return [/connect-src ([^;]*)/.exec(csp)?.[1], /frame-src ([^;]*)/.exec(csp)?.[1], /script-src ([^;]*)/.exec(csp)?.[1]];
  };
  try {
    await withConsole(async (api) => {
      assert.deepEqual(await hosts(api), [`'self' ${authority}`, `'self' ${authority}`, "'self'"], 'it is away');
    }, { kind: 'external', oidc });
    answer = async () => JSON.stringify(document);
    await withConsole(async (api) => {
      const both = `'self' ${authority} https://tokens.example:8443`;
      assert.deepEqual(await hosts(api), [both, both, "'self'"]);
      issuer.closeAllConnections();
      answer = async () => { throw new Error('not now'); };
      assert.deepEqual(await hosts(api), [both, both, "'self'"], 'kept while it is away');
    }, { kind: 'external', oidc });
    answer = async () => new Promise<string>(() => undefined);
    await withConsole(async (api) => {
      const began = performance.now();
      assert.deepEqual(await hosts(api), [`'self' ${authority}`, `'self' ${authority}`, "'self'"]);
      assert.ok(performance.now() - began < 3000, 'it does not answer');
    }, { kind: 'external', oidc });
  } finally {
    issuer.closeAllConnections();
    issuer.close();
  }
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
