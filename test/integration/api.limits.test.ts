import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi, type Answer } from './api-harness.ts';

/** Of pages that people type passwords into. */
function assertPageHeaders(headers: Answer['headers']): void {
  assert.match(String(headers['content-type']), /^text\/html; charset=utf-8/);
  assert.match(String(headers['content-security-policy']), /^default-src 'none';.*form-action 'self' .*base-uri 'none';frame-ancestors 'none'/);
  assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/);
  assert.deepEqual([headers['cache-control'], headers['referrer-policy'], headers['x-content-type-options']], ['no-store', 'no-referrer', 'nosniff']);
}

test('failed logins are limited, good tokens still work, and so is everything', async () => {
  await using limited = await startApi({ config: { rateLimit: { failedLogins: 3, requests: 12 } } });
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) statuses.push((await limited.ask('/api/containers')).status);
  assert.deepEqual(statuses, [401, 401, 401, 429, 429]);
  assert.equal((await limited.ask('/api/containers', { token: limited.admin.token })).status, 200);
  let last = await limited.ask('/nothing');
  for (let n = 0; n < 8; n++) last = await limited.ask('/nothing');
  assert.deepEqual([last.status, last.json.code], [429, 'rate_limited']);
  assert.ok(Number(last.headers['retry-after']) >= 1);
});

test('limits are of an address, and of a whole /64 of IPv6: whoever has one of those addresses has all', async () => {
  await using limited = await startApi({ config: { rateLimit: { failedLogins: 2, requests: 8 } } });
  const from = async (remoteAddress: string): Promise<number> => (await limited.app.inject({ url: '/api/containers', remoteAddress })).statusCode;
  const statuses: number[] = [];
  for (const address of ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:db8:0:1::3', '2001:db8:0:2::1', '192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1', '192.0.2.2']) statuses.push(await from(address));
  assert.deepEqual(statuses, [401, 401, 429, 401, 401, 401, 429, 401]);
  for (let n = 0; n < 6; n += 1) await from(`2001:db8:0:1::${String(n)}`);
  const { statusCode } = await limited.app.inject({ url: '/health', remoteAddress: '2001:db8:0:1::99' });
  assert.equal(statusCode, 429, 'all requests, too');
});

test('a request has to come within a minute: a body that never ends holds no connection for good', async () => {
  await using limited = await startApi();
  assert.equal(limited.app.server.requestTimeout, 60_000); // Node looks every half minute: to wait for it would take that long
});

test('sign-ins that are begun are limited: each is kept in the store, and anybody can begin one', async () => {
  await using limited = await startApi({ config: { rateLimit: { signInsBegun: 2 } } });
  const statuses: number[] = [];
  for (const url of ['/oidc/auth?client_id=x', '/oidc/AUTH', '/oidc/auth', '/oidc/auth/x', '/oidc/authors', '/oidc/jwks']) statuses.push((await limited.ask(url)).status);
  assert.deepEqual(statuses, [400, 400, 429, 429, 404, 200]);
  const page = await limited.ask('/oidc/auth?client_id=%3Cscript%3E', { headers: { accept: 'text/html,application/xhtml+xml' } });
  assert.equal(page.status, 429);
  assert.match(page.text, /^<!doctype html>[^]*role="alert">Too many requests from this address\. Try again in \d+ seconds?\.</);
  assert.ok(!page.text.includes('script'));
  assert.ok(Number(page.headers['retry-after']) >= 1);
  assertPageHeaders(page.headers);
  const token = await limited.ask('/oidc/auth', { headers: { accept: 'application/json' } });
  assert.deepEqual([token.status, token.json.code], [429, 'rate_limited']);
});

test('who asks for a sign-out without being signed in leaves little behind, for a short while, and not often', async () => {
  await using limited = await startApi({ config: { rateLimit: { signInsBegun: 3 } } });
  const ask = (state: string): Promise<Answer> => limited.ask(`/oidc/session/end?client_id=dbmaker-console&state=${state}`);
  const one = await ask('x');
  assert.equal(one.status, 200);
  const ends = [one.headers['set-cookie']].flat().map((line) => Date.parse(/expires=([^;]+)/.exec(String(line))?.[1] ?? ''));
  assert.ok(ends.length > 0 && ends.every((end) => end <= Date.now() + 3_600_000), String(one.headers['set-cookie']));
  const large = await ask('x'.repeat(10_000));
  assert.equal(large.status, 400);
  assertPageHeaders(large.headers);
  assertPageHeaders(large.headers);
  const statuses = [(await ask('x')).status, (await ask('x')).status];
  assert.deepEqual(statuses, [200, 429]);
});

test('pages of the issuer, also those of mistakes and of more requests than are let through, may be in no frame and are kept by nobody', async () => {
  const headers = { accept: 'text/html' };
  await using limited = await startApi({ config: { rateLimit: { requests: 7 } } });
  const query = new URLSearchParams({
    client_id: 'dbmaker-console', response_type: 'code', redirect_uri: 'http://localhost:8080/auth/redirect', scope: 'openid dbmaker', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256',
  });
  const begun = await limited.ask(`/oidc/auth?${query.toString()}`, { headers });
  const cookie = [begun.headers['set-cookie']].flat().map((line) => String(line).split(';')[0]).join('; ');
  const pages: [url: string, status: number, title: string | null][] = [ // null: of the library, which leads on at once whoever is not signed in
    [String(begun.headers['location']), 200, 'Sign in'], ['/oidc/auth?client_id=x', 400, 'This did not work'], ['/oidc/interaction/gone', 400, 'This did not work'], ['/oidc/nothing', 404, 'This did not work'],
    ['/oidc/session/end', 200, null], ['/oidc/session/end/success', 200, 'You are signed out'], ['/oidc/session/end', 429, 'Not at this moment'],
  ];
  for (const [url, status, title] of pages) {
    const page = await limited.ask(url, { headers: { ...headers, cookie } });
    assert.equal(page.status, status, `${url}: ${page.text}`);
    assert.ok(page.text.includes(title === null ? '<title>Submitting Callback</title>' : `<h1>${title}</h1>`), `${url}: ${page.text}`);
    assertPageHeaders(page.headers);
  }
});

test('where browsers come by https, they are told to stay there, and the cookie goes nowhere else', async () => {
  await using secure = await startApi({ config: { isPublicHttps: true } });
  const login = await secure.ask('/api/auth/login', { method: 'POST', token: secure.admin.token });
  assert.match(String(login.headers['set-cookie']), /^__Host-dbmaker_session=dbm_[\w-]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/, 'no Domain');
  const [cookie = ''] = String(login.headers['set-cookie']).split(';');
  assert.equal((await secure.ask('/api/users/profile', { headers: { cookie } })).status, 200);
  assert.equal((await secure.ask('/api/users/profile', { headers: { cookie: cookie.replace('__Host-', '') } })).status, 401, 'one that anybody could have set');
  const logout = await secure.ask('/api/auth/logout', { method: 'POST', headers: { cookie, 'x-csrf-token': (JSON.parse(login.text) as { csrfToken: string }).csrfToken } });
  assert.match(String(logout.headers['set-cookie']), /^__Host-dbmaker_session=; Max-Age=0; Path=\/;.* Secure/);
  assert.equal(login.headers['strict-transport-security'], 'max-age=31536000');
  assert.equal((await secure.ask('/oidc/jwks')).headers['strict-transport-security'], 'max-age=31536000', 'the pages of the issuer as well');
  await using api = await startApi();
  assert.equal((await api.ask('/api/users/profile', { token: api.admin.token })).headers['strict-transport-security'], undefined);
});
