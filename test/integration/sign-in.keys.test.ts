import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { exportJWK, SignJWT } from 'jose';
import { IssuerKeys, KEY_LIFE_MS } from '../../src/issuer/keys.ts';
import { tokenMaker } from '../support/access-tokens.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noteSecret } from '../support/secrets.ts';
import { startApi } from './api-harness.ts';

const GENEROUS = { rateLimit: { failedLogins: 10_000 } };

/** An issuer outside whose keys change while it runs. */
async function outside(clock: ManualClock) {
  const pairs = new Map<string, { publicKey: KeyObject; privateKey: KeyObject }>();
  const pair = (kid: string) => pairs.get(kid) ?? pairs.set(kid, generateKeyPairSync('rsa', { modulusLength: 2048 })).get(kid)!;
  const state = { kids: ['first'], asked: 0 };
  const server = createServer((request, response) => {
    const keys = async () => Promise.all(state.kids.map(async (kid) => ({ ...(await exportJWK(pair(kid).publicKey)), kid, alg: 'RS256', use: 'sig' })));
    if (request.url === '/jwks') state.asked += 1;
    void keys().then((list) => response.setHeader('content-type', 'application/json').end(JSON.stringify(request.url === '/jwks' ? { keys: list } : { issuer: authority, jwks_uri: `${authority}/jwks` })));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authority = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    state,
    oidc: { authority, clientId: 'c', scope: 'dbmaker', audiences: ['api'], adminRole: null },
    async token(kid: string): Promise<string> {
      const now = Math.floor(clock.now() / 1000);
      const token = await new SignJWT({ scope: 'dbmaker', email: 'ann@example.com' }).setProtectedHeader({ alg: 'RS256', kid, typ: 'at+jwt' })
        .setIssuer(authority).setAudience('api').setSubject('ann').setIssuedAt(now).setExpirationTime(now + 3600).sign(pair(kid).privateKey);
      noteSecret('API token', token);
      return token;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a key that an issuer outside has brought in while we run is taken at once, the one before it as long as it is named; made-up ones make nobody ask it often', async () => {
  const clock = new ManualClock(Date.now());
  await using issuer = await outside(clock);
  await using api = await startApi({ clock, signIn: { kind: 'external', oidc: issuer.oidc }, config: GENEROUS });
  const login = async (kid: string): Promise<number> => (await api.ask('/api/auth/login', { method: 'POST', token: await issuer.token(kid) })).status;
  assert.deepEqual([await login('first'), issuer.state.asked], [200, 1]);
  clock.advance(10_000);
  issuer.state.kids = ['second', 'first'];
  assert.deepEqual([await login('second'), await login('first'), issuer.state.asked], [200, 200, 2], 'without a restart, and by one look');

  const made = await Promise.all(Array.from({ length: 60 }, (_, index) => issuer.token(`made up ${String(index % 3)}`)));
  const flood = (): Promise<number[]> => Promise.all(made.map(async (token) => (await api.ask('/api/auth/login', { method: 'POST', token })).status));
  assert.deepEqual([[...new Set(await flood())], issuer.state.asked], [[401], 2]);
  for (let minute = 0; minute < 6; minute += 1) {
    clock.advance(10_000);
    await flood();
  }
  assert.equal(issuer.state.asked, 8, 'six times a minute at most, however many come');
  assert.deepEqual([await login('second'), await login('first')], [200, 200], 'and good ones go on meanwhile');

  issuer.state.kids = ['second'];
  clock.advance(10 * 60_000);
  assert.deepEqual([await login('first'), await login('second')], [401, 200], 'one that was taken back');
});

test('a key that another process of ours has made is taken at once, and tokens of the one before it go on', async () => {
  const clock = new ManualClock(Date.now());
  await using api = await startApi({ clock, config: GENEROUS });
  const address = 'http://localhost:8080/oidc';
  const profile = async (token: string): Promise<number> => (await api.ask('/api/users/profile', { token })).status;
  const old = await tokenMaker(api.store, api.secretBox, address).make(api.admin.user.id);
  assert.equal(await profile(old), 200);
  const [next, before] = await new IssuerKeys(api.store.settings, api.secretBox, () => Date.now() + KEY_LIFE_MS).current();
  assert.notEqual(next?.kid, before?.kid);
  const fresh = await tokenMaker(api.store, api.secretBox, address).make(api.admin.user.id);
  clock.advance(1000);
  assert.deepEqual([await profile(fresh), await profile(old)], [200, 200]);
  const { keys } = (await api.ask('/oidc/jwks')).json as unknown as { keys: { kid: string }[] };
  assert.ok(keys.some(({ kid }) => kid === next?.kid) && keys.some(({ kid }) => kid === before?.kid), 'both are told to others');
});
