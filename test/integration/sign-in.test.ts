import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { Browser, SignInFlow, type Answered, type Tokens } from '../support/browser.ts';
import { EventClient } from '../support/event-source.ts';
import { noteSecret } from '../support/secrets.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const ADMIN_PASSWORD = 'a horse and a battery';

/** The embedded issuer of a real server, as a browser meets it. */
describe('sign-in with a local account', { concurrency: false }, () => {
  let server: TestServer;
  before(async () => { server = await startServer({ runtime: 'process' }); });
  after(() => server.dispose());

  async function signIn(username: string, password: string, browser = new Browser(server.url)): Promise<{ browser: Browser; flow: SignInFlow; tokens: Tokens }> {
    const flow = await SignInFlow.at(browser);
    return { browser, flow, tokens: await flow.tokens(await flow.login(await flow.begin(), username, password)) };
  }

  const bearer = ({ access_token: token }: Pick<Tokens, 'access_token'>): { authorization: string } => ({ authorization: `Bearer ${token}` });

  /** Makes a person with a password of their own choice. */
  async function person(username: string, password = `the password of ${username}`): Promise<{ id: string; password: string }> {
    const { id } = (await server.api<Answered>('POST', '/api/users', { username })).body;
    const given = await server.api<Answered>('POST', `/api/users/${id}/password`);
    assert.equal(given.status, 200);
    const browser = new Browser(server.url);
    const flow = await SignInFlow.at(browser);
    const page = await flow.login(await flow.begin(), username, given.body.password);
    assert.match(page.text, /Choose your own password/);
    await flow.tokens(await browser.submit(page, { next: password, again: password }, flow.redirectUri));
    return { id, password };
  }

  test('where nobody sits at a terminal the first start leaves a one-time password in a file; it has to be changed, and then both are gone', async () => {
    const log = await waitFor(async () => { const text = await server.logText(); return text.includes('one-time') && text; }, { what: 'the greeting' });
    const file = /as admin; the one-time password is in (\S+) until it is changed\./.exec(log)?.[1] ?? '';
    assert.equal(file, path.join(server.home, 'admin.password'));
    const once = (await readFile(file, 'utf8')).trim();
    noteSecret('password', once);
    assert.ok(!log.includes(once), 'the log is kept');
    const browser = new Browser(server.url);
    const flow = await SignInFlow.at(browser);
    const login = await flow.begin();
    assert.match(login.text, /<h1>Sign in<\/h1>/);
    assert.doesNotMatch(login.text, /https?:\/\/|<script|style=/, 'nothing from elsewhere, no script');
    assert.match(login.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(login.headers.get('content-security-policy') ?? '', /unsafe/);
    const wrong = await flow.login(login, 'admin', 'wrong');
    assert.equal(wrong.status, 401);
    assert.match(wrong.text, /role="alert">The name or the password is not right\./);
    const change = await flow.login(wrong, 'Admin ', once);
    assert.match(change.text, /Choose your own password/);
    for (const [next, again, why] of [['short', 'short', /at least 12/], [once, once, /another one/], ['something long', 'something else', /not the same/], ['aaaaaaaaaaaaaa', 'aaaaaaaaaaaaaa', /easy to guess/]] as const) {
      const refused = await browser.submit(change, { next, again }, flow.redirectUri);
      assert.equal(refused.status, 400, next);
      assert.match(refused.text, why);
    }
    const tokens = await flow.tokens(await browser.submit(change, { next: ADMIN_PASSWORD, again: ADMIN_PASSWORD }, flow.redirectUri));
    assert.equal(tokens.expires_in, 600);
    const profile = await browser.json('GET', '/api/users/profile', { headers: bearer(tokens) });
    assert.deepEqual([profile.body.username, profile.body.role, profile.body.token.scopes], ['admin', 'admin', ['read', 'write', 'admin']]);
    const again = await SignInFlow.at(new Browser(server.url));
    assert.equal((await again.login(await again.begin(), 'admin', once)).status, 401, 'it was good for once');
    assert.equal(existsSync(file), false);
    await server.restart();
    assert.equal((await server.logText()).match(/one-time/g)?.length, 1);
  });

  test('a cookie reads, an EventSource hears by it, and it changes something only with the token against forged requests', async () => {
    const { id, password } = await person('ann');
    const { browser, tokens } = await signIn('ann', password);
    const login = await browser.json('POST', '/api/auth/login', { headers: bearer(tokens) });
    assert.deepEqual([login.status, login.body.id, login.body.username], [200, id, 'ann']);
    assert.match(browser.cookie('dbmaker_session')?.attributes ?? '', /HttpOnly; SameSite=Lax$/);
    const { csrfToken } = login.body;
    const profile = await browser.json('GET', '/api/users/profile');
    assert.deepEqual([profile.status, profile.body.csrfToken, profile.body.usage], [200, csrfToken, { instances: 0, memoryBytes: 0, cpus: 0, backupBytes: 0 }]);
    using events = await EventClient.open(`${server.url}/events/containers`, { cookie: browser.cookieHeader('/events/containers') });
    await events.until('the snapshot', ({ messages }) => messages.length > 0);
    const make = (headers: Record<string, string>) => browser.json('POST', '/api/tokens', { body: { name: 'x' }, headers });
    assert.deepEqual([(await make({})).body.code, (await make({ 'x-csrf-token': 'x' })).body.code], ['forbidden', 'forbidden']);
    assert.equal((await make({ 'x-csrf-token': csrfToken ?? '' })).status, 201);
    assert.equal((await browser.json('POST', '/api/auth/login', { headers: { 'x-csrf-token': csrfToken ?? '' } })).status, 401, 'a session does not prolong itself');
  });

  test('a login with the next access token goes on with the same session', async () => {
    const { browser, flow, tokens } = await signIn('ann', 'the password of ann');
    const first = await browser.json('POST', '/api/auth/login', { headers: bearer(tokens) });
    const refreshed = await flow.refresh(tokens.refresh_token);
    assert.equal(refreshed.status, 200);
    assert.notEqual(refreshed.body['refresh_token'], tokens.refresh_token, 'it rotates');
    const second = (): number => Math.floor(Date.now() / 1000); // tokens count in those
    const began = second();
    await waitFor(() => second() > began, { what: 'the next second' });
    const later = (await flow.refresh(refreshed.body['refresh_token'] ?? '')).body as unknown as Tokens;
    const next = await browser.json('POST', '/api/auth/login', { headers: bearer(later) });
    assert.equal(next.body.csrfToken, first.body.csrfToken);
    assert.ok(next.body.expiresAt > first.body.expiresAt);
    const used = await flow.refresh(tokens.refresh_token);
    assert.deepEqual([used.status, used.body['error']], [400, 'invalid_grant'], 'one that was used is stolen, as far as anybody knows');
    assert.equal((await flow.refresh(later.refresh_token)).status, 400, 'so the whole row of them ends');
  });

  test('a restart signs nobody out: tokens, sessions, refresh tokens and the issuer\'s session go on', async () => {
    const { browser, flow, tokens } = await signIn('ann', 'the password of ann');
    await browser.json('POST', '/api/auth/login', { headers: bearer(tokens) });
    await server.kill('SIGKILL');
    await server.start();
    assert.equal((await browser.json('GET', '/api/users/profile', { headers: bearer(tokens) })).status, 200);
    assert.equal((await browser.json('GET', '/api/users/profile')).status, 200);
    const next = await flow.refresh(tokens.refresh_token);
    assert.equal(next.status, 200);
    const silent = await SignInFlow.at(browser);
    await silent.tokens(await silent.begin({ prompt: 'none' }));
  });

  test('logout ends the sign-in everywhere: session, access tokens, refresh tokens, and the issuer\'s session; other browsers go on', async () => {
    const other = await signIn('ann', 'the password of ann');
    const { browser, flow, tokens } = await signIn('ann', 'the password of ann');
    await browser.json('POST', '/api/auth/login', { headers: bearer(tokens) });
    const tab = new Browser(server.url); // another one of the same sign-in
    const { body } = await flow.refresh(tokens.refresh_token);
    const ofTab = { authorization: `Bearer ${body['access_token'] ?? ''}` };
    await tab.json('POST', '/api/auth/login', { headers: ofTab });
    assert.equal((await browser.json('POST', '/api/auth/logout', { headers: bearer(tokens) })).status, 204);
    assert.equal(browser.cookie('dbmaker_session'), undefined);
    for (const [who, headers] of [[browser, bearer(tokens)], [tab, ofTab], [tab, {}]] as const) assert.equal((await who.json('GET', '/api/users/profile', { headers })).status, 401);
    assert.equal((await flow.refresh(body['refresh_token'] ?? '')).status, 400);
    const silent = await SignInFlow.at(browser);
    assert.match((await silent.begin({ prompt: 'none' })).url, /error=login_required/);
    const out = await browser.open(`${flow.metadata.end_session_endpoint}?${new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: flow.redirectUri, state: 's' }).toString()}`);
    assert.match(out.headers.get('content-security-policy') ?? '', /script-src[^;]*'sha256-/);
    assert.equal((await browser.submit(out, {}, flow.redirectUri)).url, `${flow.redirectUri}?state=s`, 'nothing more is asked');
    assert.equal((await other.browser.json('GET', '/api/users/profile', { headers: bearer(other.tokens) })).status, 200);
  });

  test('whoever only asks the issuer for a sign-out is asked first, and then signed out', async () => {
    const { browser, flow, tokens } = await signIn('ann', 'the password of ann');
    const page = await browser.open(`${flow.metadata.end_session_endpoint}?${new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: flow.redirectUri }).toString()}`);
    assert.match(page.text, /<h1>Sign out\?<\/h1>/);
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none';.*form-action 'self' .*base-uri 'none';frame-ancestors 'none'/, 'nobody is made to press it in a frame');
    assert.doesNotMatch(page.headers.get('content-security-policy') ?? '', /unsafe/);
    assert.deepEqual(['cache-control', 'referrer-policy', 'x-content-type-options'].map((name) => page.headers.get(name)), ['no-store', 'no-referrer', 'nosniff']);
    assert.equal((await browser.submit(page, { logout: 'yes' }, flow.redirectUri)).url, flow.redirectUri);
    assert.equal((await flow.refresh(tokens.refresh_token)).status, 400);
  });

  test('a person changes their own password, which ends their other sign-ins; one that an admin sets ends all', async () => {
    const { id, password } = await person('bob');
    const [one, two] = [await signIn('bob', password), await signIn('bob', password)];
    await two.browser.json('POST', '/api/auth/login', { headers: bearer(two.tokens) });
    const change = (body: object) => one.browser.json('PUT', '/api/users/profile/password', { body, headers: bearer(one.tokens) });
    assert.deepEqual([(await change({ current: 'wrong', next: 'another password' })).body.code, (await change({ current: password, next: 'short' })).body.code], ['forbidden', 'invalid_request']);
    assert.equal((await change({ current: password, next: 'another password' })).status, 204);
    assert.equal((await one.browser.json('GET', '/api/users/profile', { headers: bearer(one.tokens) })).status, 200);
    for (const headers of [bearer(two.tokens), {}]) assert.equal((await two.browser.json('GET', '/api/users/profile', { headers })).status, 401);
    assert.equal((await two.flow.refresh(two.tokens.refresh_token)).status, 400);
    const given = await server.api<Answered>('POST', `/api/users/${id}/password`);
    assert.equal((await one.browser.json('GET', '/api/users/profile', { headers: bearer(one.tokens) })).status, 401);
    const flow = await SignInFlow.at(new Browser(server.url));
    assert.match((await flow.login(await flow.begin(), 'bob', given.body.password)).text, /Choose your own password/);
    const { body: audit } = await server.api<{ items: { action: string; outcome: string }[] }>('GET', '/api/audit?limit=200');
    for (const action of ['sign-in', 'user.password', 'user.password-reset', 'session.begin']) assert.ok(audit.items.some((entry) => entry.action === action && entry.outcome === 'ok'), action);
    assert.ok(audit.items.some((entry) => entry.action === 'sign-in' && entry.outcome === 'refused'));
    assert.doesNotMatch(JSON.stringify(audit), /another password/);
  });

  test('whoever is disabled signs in no more, which only the right password is told; what they were signed in with is good for nothing, also later', async () => {
    const { id, password } = await person('ines');
    const one = await signIn('ines', password);
    await one.browser.json('POST', '/api/auth/login', { headers: bearer(one.tokens) });
    const waiting = await SignInFlow.at(new Browser(server.url));
    const page = await waiting.begin();
    const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const shown = await waiting.browser.fetch(action, { method: 'POST', body: new URLSearchParams({ username: 'ines', password }) });
    assert.equal(shown.status, 303);
    const set = (disabled: boolean) => server.api('PATCH', `/api/users/${id}`, { disabled });
    assert.equal((await set(true)).status, 200);
    const codes = async () => (await Promise.all([bearer(one.tokens), {}].map((headers) => one.browser.json('GET', '/api/users/profile', { headers })))).map(({ status, body }) => [status, body.code]);
    assert.deepEqual(await codes(), [[403, 'account_disabled'], [401, 'unauthenticated']]);
    assert.equal((await one.flow.refresh(one.tokens.refresh_token)).body['error'], 'invalid_grant');
    assert.equal((await waiting.browser.open(shown.headers.get('location') ?? '', {}, waiting.redirectUri)).status, 400);
    const flow = await SignInFlow.at(new Browser(server.url));
    const login = await flow.begin();
    const [wrong, right] = [await flow.login(login, 'ines', 'wrong'), await flow.login(login, 'ines', password)];
    assert.deepEqual([wrong.status, right.status], [401, 403]);
    assert.match(wrong.text, /The name or the password is not right/);
    assert.match(right.text, /role="alert">This account is disabled\. Ask an admin/);
    assert.equal((await set(false)).status, 200);
    assert.deepEqual((await codes()).map(([status]) => status), [401, 401], 'what was ended stays ended');
    assert.equal((await one.flow.refresh(one.tokens.refresh_token)).status, 400);
    assert.match((await (await SignInFlow.at(one.browser)).begin({ prompt: 'none' })).url, /error=login_required/);
    const again = await signIn('ines', password);
    assert.equal((await again.browser.json('POST', '/api/auth/login', { headers: bearer(again.tokens) })).status, 200);
  });

  test('whoever has shown a password and waits is not let in once it was reset', async () => {
    const { id, password } = await person('hugo');
    const browser = new Browser(server.url);
    const flow = await SignInFlow.at(browser);
    const page = await flow.begin();
    const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const shown = await browser.fetch(action, { method: 'POST', body: new URLSearchParams({ username: 'hugo', password }) });
    assert.equal(shown.status, 303);
    assert.equal((await server.api('POST', `/api/users/${id}/password`)).status, 200);
    const back = await browser.open(shown.headers.get('location') ?? '', {}, flow.redirectUri);
    assert.equal(back.status, 400, back.url);
    assert.match((await (await SignInFlow.at(browser)).begin({ prompt: 'none' })).url, /error=login_required/);
  });

  test('browsers are sent back only to the console, and codes need the verifier', async () => {
    const browser = new Browser(server.url);
    const flow = await SignInFlow.at(browser);
    const { port } = new URL(server.url);
    for (const uri of ['https://evil.example/auth/redirect', `${server.url}/auth/redirect/../../x`, `${server.url}/auth/redirect?x=1`, `${server.url}/`, `http://127.0.0.1:${String(Number(port) + 1)}/auth/redirect`, `http://localhost.evil.example:${port}/auth/redirect`]) {
      const page = await flow.begin({ redirect_uri: uri });
      assert.equal(page.status, 400, uri);
      assert.match(page.text, /This did not work/);
      assert.doesNotMatch(page.text, /evil/, 'what was sent is not repeated');
    }
    assert.equal((await flow.begin({ redirect_uri: `http://localhost:${port}/auth/redirect` })).status, 200, 'the other name of this machine');
    assert.match((await flow.begin({ code_challenge: '', code_challenge_method: '' })).url, /error=invalid_request/);
    assert.match((await flow.begin({ resource: 'urn:other' })).url, /error=invalid_target/);
    const page = await flow.login(await flow.begin(), 'ann', 'the password of ann');
    const code = new URL(page.url).searchParams.get('code') ?? '';
    const stolen = await flow.ask({ grant_type: 'authorization_code', code, redirect_uri: flow.redirectUri, code_verifier: 'x'.repeat(43) });
    assert.deepEqual([stolen.status, stolen.body['error']], [400, 'invalid_grant']);
    for (const uri of ['https://evil.example/', `${server.url}/x`, `${server.url}/auth/redirect?x=1`, `${server.url}//evil.example`, `http://x@127.0.0.1:${port}/`, 'javascript:alert(1)']) {
      const out = await browser.open(`${flow.metadata.end_session_endpoint}?${new URLSearchParams({ client_id: flow.settings.clientId, post_logout_redirect_uri: uri }).toString()}`);
      assert.equal(out.status, 400, uri);
      assert.doesNotMatch(out.text, /evil|alert\(/);
    }
  });

  test('a code or refresh token that ten requests bring at the same time is good once, and its row of tokens ends: somebody else has it, too', async () => {
    await person('kim');
    const browser = new Browser(server.url);
    const flow = await SignInFlow.at(browser);
    const back = await flow.login(await flow.begin(), 'kim', 'the password of kim');
    const once = [200, ...new Array<string>(9).fill('invalid_grant')];
    const told = (answers: Awaited<ReturnType<typeof flow.refresh>>[]) => answers.map(({ status, body }) => body['error'] ?? status).sort();
    assert.deepEqual(told(await Promise.all(Array.from({ length: 10 }, () => flow.exchange(back)))), once);
    const again = await signIn('kim', 'the password of kim');
    const refreshed = await Promise.all(Array.from({ length: 10 }, () => again.flow.refresh(again.tokens.refresh_token)));
    assert.deepEqual(told(refreshed), once);
    assert.equal((await again.flow.refresh(refreshed.find(({ status }) => status === 200)?.body['refresh_token'] ?? '')).status, 400);
  });

  test('what a client says in Host and X-Forwarded-Host leads nobody elsewhere', async () => {
    for (const headers of [{ host: 'evil.example' }, { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }]) {
      const asking = request(`${server.url}/oidc/.well-known/openid-configuration`, { agent: false, headers }).end();
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      const said = await text(answer);
      assert.match(said, /"authorization_endpoint":"http:\/\/(localhost|127\.0\.0\.1):\d+\/oidc\/auth"/);
      assert.doesNotMatch(said, /evil/);
    }
  });

  test('an unknown name is told nothing that a known one is not, and takes as long', async () => {
    const time = async (username: string): Promise<{ ms: number; said: string }> => {
      const flow = await SignInFlow.at(new Browser(server.url));
      const page = await flow.begin();
      const began = performance.now();
      const answer = await flow.login(page, username, 'wrong password');
      return { ms: performance.now() - began, said: answer.text.replaceAll(/interaction\/[\w-]+|value="[^"]*"/g, '') };
    };
    const times: Record<'ann' | 'nobody-x', number[]> = { ann: [], 'nobody-x': [] };
    // The least of each: others use this machine too. More of them until they agree, if they ever do (ten failures and the name is locked).
    const differ = (): boolean => {
      const [known, unknown] = [Math.min(...times.ann), Math.min(...times['nobody-x'])];
      return Math.abs(known - unknown) >= 0.5 * Math.max(known, unknown);
    };
    for (let count = 0; count < 4 || (count < 9 && differ()); count += 1) {
      const [known, unknown] = [await time('ann'), await time('nobody-x')];
      assert.equal(known.said, unknown.said);
      times.ann.push(known.ms);
      times['nobody-x'].push(unknown.ms);
    }
    assert.ok(!differ(), JSON.stringify(times));
  });

  test('failed logins are limited, the same for a name that nobody has; a flood of them does not stop the server', async () => {
    await person('carl');
    for (const username of ['carl', 'nobody-y']) {
      const flow = await SignInFlow.at(new Browser(server.url));
      let page = await flow.begin();
      const statuses: number[] = [];
      for (let count = 0; count < 12; count += 1) {
        page = await flow.login(page, username, 'wrong password');
        statuses.push(page.status);
      }
      assert.deepEqual(statuses, [...Array<number>(10).fill(401), 429, 429], username);
      assert.match(page.text, /Wait some minutes/);
      assert.ok(Number(page.headers.get('retry-after')) > 60);
      await server.restart();
      assert.equal((await flow.login(page, username, 'the password of carl')).status, 429, 'a restart forgets nothing');
    }
    const floods = await Promise.all(Array.from({ length: 60 }, async () => {
      const flow = await SignInFlow.at(new Browser(server.url));
      return [flow, await flow.begin()] as const;
    }));
    const began = performance.now();
    const statuses = Promise.all(floods.map(async ([flow, page], index) => (await flow.login(page, `nobody-${String(index)}`, 'wrong password')).status));
    assert.equal((await server.api('GET', '/api/users/profile')).status, 200);
    assert.ok(performance.now() - began < 5000);
    assert.ok((await statuses).every((status) => status === 401 || status === 429));
  });

  test('an id token, and an access token that somebody has changed, is refused; no other origin may read an answer', async () => {
    const { tokens, browser } = await signIn('ann', 'the password of ann');
    const refused = await browser.json('GET', '/api/users/profile', { headers: { authorization: `Bearer ${tokens.id_token}` } });
    assert.deepEqual([refused.status, refused.body.code], [401, 'unauthenticated']);
    const tampered = tokens.access_token.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(tokens.access_token.split('.')[1] ?? '', 'base64url').toString()), sub: 'admin' })).toString('base64url')}.`);
    assert.equal((await browser.json('GET', '/api/users/profile', { headers: { authorization: `Bearer ${tampered}` } })).status, 401);
    const { status, headers } = await browser.json('GET', '/api/users/profile', { headers: { ...bearer(tokens), origin: 'https://evil.example' } });
    assert.deepEqual([status, headers.get('access-control-allow-origin')], [200, null]);
  });
});
