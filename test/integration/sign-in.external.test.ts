import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/main/clock.ts';
import { openSecretBox, openStore } from '../../src/store/index.ts';
import { KEY_LIFE_MS, IssuerKeys } from '../../src/issuer/keys.ts';
import { tokenMaker, type TokenMaker } from '../support/access-tokens.ts';
import { Browser, SignInFlow, type Answered } from '../support/browser.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** One DbMaker signs in the people of another: the path of Entra ID and any other issuer. */
describe('sign-in with an issuer outside', { concurrency: false }, () => {
  let authority: TestServer;
  let server: TestServer;
  /** Signs with the authority's keys, which it reads from its store. */
  let sign: TokenMaker;
  let keys: (now: () => number) => IssuerKeys;
  let close: () => Promise<void>;

  before(async () => {
    authority = await startServer({ runtime: 'process' });
    const issuer = `http://localhost:${new URL(authority.url).port}/oidc`;
    server = await startServer({
      runtime: 'process',
      env: { DBMAKER_OIDC_AUTHORITY: issuer, DBMAKER_OIDC_CLIENT_ID: 'dbmaker-console', DBMAKER_OIDC_SCOPE: 'dbmaker', DBMAKER_OIDC_AUDIENCE: 'dbmaker-api' },
    });
    const store = await openStore({ home: authority.home, databaseUrl: null, clock: systemClock });
    const box = await openSecretBox({ home: authority.home, key: null });
    sign = tokenMaker(store, box, issuer);
    keys = (now) => new IssuerKeys(store.settings, box, now);
    close = () => store.close();
  });
  after(async () => {
    await close();
    await server.dispose();
    await authority.dispose();
  });

  const ask = (method: string, address: string, token: string, body?: unknown) => server.api<Answered>(method, address, body, { authorization: `Bearer ${token}` });
  const login = (token: string) => ask('POST', '/api/auth/login', token);
  const claims = (email: string | null, more: Record<string, unknown> = {}) => ({ claims: { ...(email === null ? {} : { email }), ...more } });

  test('a page is told where to sign in, and no local account is there', async () => {
    const { status, body } = await new Browser(server.url).json<Record<string, unknown>>('GET', '/api/sign-in');
    assert.equal(status, 200);
    assert.deepEqual([body['issuer'], body['clientId'], body['scopes'], body['redirectPath']], ['external', 'dbmaker-console', ['dbmaker'], '/auth/redirect']);
    assert.equal((JSON.parse(String(body['authorityMetadata'])) as { issuer: string }).issuer, sign.issuer);
    assert.equal((await server.api('GET', '/oidc/auth')).status, 404);
    assert.equal((await server.api<Answered>('POST', '/api/users/admin/password')).body.code, 'unsupported');
    assert.doesNotMatch(await server.logText(), /one-time/);
  });

  test('a person signs in at the authority with a browser, and is a user here from their first login on', async () => {
    const { id } = (await authority.api<Answered>('POST', '/api/users', { username: 'ann', displayName: 'Ann Lee', email: 'Ann.Lee@example.com' })).body;
    const { password } = (await authority.api<Answered>('POST', `/api/users/${id}/password`)).body;
    const browser = new Browser(authority.url);
    const flow = await SignInFlow.at(browser);
    const next = 'a horse and a battery';
    const tokens = await flow.tokens(await browser.submit(await flow.login(await flow.begin(), 'ann', password), { next, again: next }, flow.redirectUri));
    const before = await ask('GET', '/api/users/profile', tokens.access_token);
    assert.deepEqual([before.status, before.body.code], [401, 'unauthenticated']);
    assert.match(before.body.remedy, /login/);
    const { status, body } = await login(tokens.access_token);
    assert.deepEqual([status, body.username, body.displayName, body.email, body.role], [200, 'ann-lee', 'Ann Lee', 'Ann.Lee@example.com', 'user']);
    assert.equal((await ask('GET', '/api/users/profile', tokens.access_token)).body.id, body.id);
    assert.equal((await ask('POST', '/api/auth/logout', tokens.access_token)).status, 204);
    assert.equal((await ask('GET', '/api/users/profile', tokens.access_token)).status, 401);
    assert.equal((await login((await flow.refresh(tokens.refresh_token)).body['access_token'] ?? '')).body.id, body.id, 'logout here ends no session there');
  });

  test('usernames come from the email address, are valid and unique, and stay; names, email and role follow the issuer', async () => {
    const username = async (subject: string, email: string | null, more = {}) => (await login(await sign.make(subject, claims(email, more)))).body.username;
    assert.equal(await username('s1', 'Bob.Ross@example.com'), 'bob-ross');
    assert.equal(await username('s2', 'bob_ross@example.org'), 'bob-ross-2');
    assert.equal(await username('s3', 'José+Test@example.com'), 'jose');
    assert.equal(await username('s4', '42@example.com'), 'u-42');
    assert.equal(await username('s5', 'postgres@example.com'), 'u-postgres');
    assert.equal(await username('s6', 'admin@example.com'), 'admin-2', 'nobody gets the account of the bootstrap admin');
    assert.equal(await username('s7', `${'x'.repeat(60)}@example.com`), 'x'.repeat(32));
    assert.equal(await username('s8', null, { preferred_username: '王小明@example.com' }), 'u');
    assert.equal(await username('s9', null, { name: 'Zoë Ångström' }), 'zoe-angstrom');
    assert.equal(await username('s1', 'robert@example.com'), 'bob-ross', 'slugs are made of it');
    const { body } = await login(await sign.make('s1', claims('robert@example.com', { name: 'Robert', roles: ['admin', 'x'] })));
    assert.deepEqual([body.email, body.displayName, body.role], ['robert@example.com', 'Robert', 'admin']);
    const many = await Promise.all(Array.from({ length: 20 }, async () => (await login(await sign.make('once', claims('once@example.com')))).body.id));
    assert.equal(new Set(many).size, 1, 'twenty first logins at once make one user');
    const alike = await Promise.all(Array.from({ length: 10 }, async (_, index) => username(`alike-${String(index)}`, 'alike@example.com')));
    assert.equal(new Set(alike).size, 10);
  });

  test('the admin role is the issuer\'s to give and to take, at once', async () => {
    const admin = await sign.make('boss', claims('boss@example.com', { roles: ['admin'] }));
    const plain = await sign.make('boss', claims('boss@example.com', { roles: ['other'] }));
    assert.equal((await login(admin)).body.role, 'admin');
    assert.deepEqual([(await ask('GET', '/api/users', admin)).status, (await ask('GET', '/api/users', plain)).status], [200, 403], 'a token without the role is no admin\'s');
    assert.equal((await login(plain)).body.role, 'user');
    assert.equal((await ask('GET', '/api/users', admin)).status, 403);
  });

  test('an older token brings back neither a role nor a name nor an address that a newer one has changed', async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = (ago: number, email: string, more: Record<string, unknown>) => sign.make('mover', claims(email, { iat: now - ago, ...more }));
    const old = await token(120, 'old@example.com', { name: 'Old', roles: ['admin'] });
    assert.equal((await login(old)).body.role, 'admin');
    assert.equal((await login(await token(60, 'new@example.com', { name: 'New', roles: [] }))).body.role, 'user');
    const { status, body } = await login(old);
    assert.deepEqual([status, body.role, body.displayName, body.email], [200, 'user', 'New', 'new@example.com']);
    assert.equal((await ask('GET', '/api/users', old)).status, 403);
  });

  test('who is disabled here is let in by no token of the issuer, which then changes nothing of them; and what they had is good for nothing later', async () => {
    const first = await sign.make('leaver2', claims('leaver2@example.com', { name: 'Before' }));
    const { id } = (await login(first)).body;
    const set = (disabled: boolean) => server.api('PATCH', `/api/users/${id}`, { disabled });
    assert.equal((await set(true)).status, 200);
    const fresh = await sign.make('leaver2', claims('leaver2@example.com', { name: 'After', roles: ['admin'] }));
    for (const token of [first, fresh]) assert.deepEqual([(await login(token)).status, (await login(token)).body.code], [403, 'account_disabled']);
    const { body } = await server.api<Answered>('GET', `/api/users/${id}`);
    assert.deepEqual([body.displayName, body.role], ['Before', 'user']);
    assert.equal((await set(false)).status, 200);
    assert.equal((await login(first)).status, 401);
    const later = await sign.make('leaver2', claims('leaver2@example.com', { iat: Math.ceil(Date.now() / 1000) + 1 }));
    assert.equal((await login(later)).status, 200);
  });

  test('a token that is not good is refused, in words, and makes no user', async () => {
    const email = claims('evil@example.com').claims;
    const bad: [what: string, token: string, code: string, words: RegExp][] = [
      ['audience', await sign.make('evil', { claims: { ...email, aud: 'dbmaker-console' } }), 'unauthenticated', /made for something else/],
      ['issuer', await sign.make('evil', { claims: { ...email, iss: 'https://evil.example' } }), 'unauthenticated', /another issuer/],
      ['expired', await sign.make('evil', { claims: email, secondsFromNow: -61 }), 'token_expired', /expired/],
      ['not yet', await sign.make('evil', { claims: { ...email, nbf: Math.floor(Date.now() / 1000) + 120 } }), 'unauthenticated', /not good yet/],
      ['alg none', sign.unsigned('evil'), 'unauthenticated', /not valid/],
      ['HS256 with the public key', await sign.confused('evil'), 'unauthenticated', /not valid/],
      ['foreign key', await sign.make('evil', { claims: email, key: 'foreign' }), 'unauthenticated', /signature/],
      ['scope', await sign.make('evil', { claims: { ...email, scope: 'openid' } }), 'unauthenticated', /scope/],
      ['no scope', await sign.make('evil', { claims: { ...email, scope: undefined } }), 'unauthenticated', /scope/],
      ['type', await sign.make('evil', { claims: email, typ: 'logout+jwt' }), 'unauthenticated', /no access token/],
      ['subject', await sign.make('', { claims: email }), 'unauthenticated', /whose/],
    ];
    for (const [what, token, code, words] of bad) {
      const { status, body } = await login(token);
      assert.deepEqual([status, body.code], [401, code], what);
      assert.match(body.detail, words, what);
    }
    const users = await server.api<{ items: { email: string | null }[] }>('GET', '/api/users?limit=200');
    assert.ok(!users.body.items.some((user) => user.email === 'evil@example.com'));
    assert.equal((await login(await sign.make('late', { claims: claims('late@example.com').claims, secondsFromNow: -30 }))).status, 200, 'a minute of skew is allowed');
    assert.equal((await login(await sign.make('entra', { claims: { ...claims('entra@example.com').claims, scope: undefined, scp: 'dbmaker other' }, typ: 'JWT' }))).status, 200, 'as Entra makes them');
  });

  test('a token that was ended by logout stays ended, however its signature is written', async () => {
    const token = await sign.make('leaver', claims('leaver@example.com'));
    assert.equal((await login(token)).status, 200);
    assert.equal((await ask('POST', '/api/auth/logout', token)).status, 204);
    // 256 bytes leave four bits of the last letter unused.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const other = `${token.slice(0, -1)}${letters[letters.indexOf(token.slice(-1)) + 1] ?? ''}`;
    for (const ended of [token, other]) assert.equal((await login(ended)).status, 401);
  });

  test('a new key of the authority is taken at once, and the one before it is still good', async () => {
    const old = await sign.make('s1', claims('robert@example.com'));
    const before = await keys(() => Date.now()).current();
    const now = await keys(() => Date.now() + KEY_LIFE_MS).current(); // as the issuer does when the time has come
    assert.notEqual(now[0]?.kid, before[0]?.kid);
    await authority.restart();
    await server.restart(); // so that it may ask at once
    assert.equal((await login(await sign.make('s1', claims('robert@example.com')))).status, 200);
    assert.equal((await login(old)).status, 200);
  });

  test('while the authority is away, known keys go on; a server that knows none says so, and API tokens work', async () => {
    const token = await sign.make('s1', claims('robert@example.com'));
    assert.equal((await login(token)).status, 200);
    await authority.kill('SIGTERM');
    assert.equal((await login(token)).status, 200);
    await server.restart();
    const { status, headers, body } = await login(token);
    assert.deepEqual([status, body.code], [503, 'issuer_unavailable']);
    assert.ok(Number(headers.get('retry-after')) >= 1);
    assert.match(body.detail, /does not answer/);
    assert.equal((await server.api('GET', '/api/users/profile')).status, 200);
    await authority.start();
  });
});
