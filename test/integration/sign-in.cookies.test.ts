import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startApi, type Harness } from './api-harness.ts';

const VERIFIER = 'v'.repeat(43);

/** One browser's way through a sign-in; no network. @returns every line that set a cookie, and the cookies that are there at the end */
async function signIn(api: Harness, origin: string, password: string): Promise<{ lines: string[]; jar: Map<string, string>; token: string }> {
  const jar = new Map<string, string>();
  const lines: string[] = [];
  const ask = async (url: string, options: { method?: 'POST'; payload?: string } = {}) => {
    const answer = await api.app.inject({
      url: url.replace(origin, ''), method: options.method ?? 'GET', ...(options.payload === undefined ? {} : { payload: options.payload }),
      headers: { host: new URL(origin).host, cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html', ...(options.payload === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) },
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      lines.push(line);
      const [pair = ''] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (value === '' || line.includes('Thu, 01 Jan 1970')) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  const redirect = `${origin}/auth/redirect`;
  const query = new URLSearchParams({
    client_id: 'dbmaker-console', response_type: 'code', redirect_uri: redirect, scope: 'openid profile dbmaker', state: 's',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'), code_challenge_method: 'S256',
  });
  const begun = await ask(`/oidc/auth?${query.toString()}`);
  const form = String(begun.headers.location);
  await ask(form, { method: 'POST', payload: new URLSearchParams({ username: 'ann', password }).toString() });
  const chosen = await ask(form, { method: 'POST', payload: new URLSearchParams({ next: 'a horse and a battery', again: 'a horse and a battery' }).toString() });
  const back = await ask(String(chosen.headers.location));
  assert.ok(String(back.headers.location).startsWith(redirect), `${String(back.statusCode)} ${String(back.headers.location)}`);
  const code = new URL(String(back.headers.location)).searchParams.get('code') ?? '';
  const tokens = await ask('/oidc/token', { method: 'POST', payload: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'dbmaker-console', code, redirect_uri: redirect, code_verifier: VERIFIER }).toString() });
  return { lines, jar, token: tokens.json<{ access_token: string }>().access_token };
}

/** Somebody signs in, and logs in to the API with what they got. @returns the names of all cookies that are there then, and the lines that set them */
async function cookiesOf(api: Harness, origin: string): Promise<{ lines: string[]; names: string[] }> {
  const { user } = await api.person('ann');
  const { password } = (await api.ask(`/api/users/${user.id}/password`, { method: 'POST', token: api.admin.token })).json as unknown as { password: string };
  const { lines, jar, token } = await signIn(api, origin, password);
  const login = await api.ask('/api/auth/login', { method: 'POST', token });
  assert.equal(login.status, 200, login.text);
  return { lines: [...lines, String(login.headers['set-cookie'])], names: [...jar.keys(), String(login.headers['set-cookie']).split('=')[0] ?? ''].sort() };
}

test('under https no other host of the domain, and no page without https, can set a cookie of ours; those that are kept have the path / and no domain', async () => {
  await using api = await startApi({ publicUrl: 'https://db.example.com', config: { installation: 'ab12cd' } });
  const { lines, names } = await cookiesOf(api, 'https://db.example.com');
  assert.deepEqual(names, ['__Host-dbmaker_oidc_ab12cd', '__Host-dbmaker_oidc_ab12cd.sig', '__Host-dbmaker_session_ab12cd', '__Secure-dbmaker_oidc_interaction_ab12cd', '__Secure-dbmaker_oidc_interaction_ab12cd.sig']);
  for (const line of lines) {
    assert.match(line, /^__(Host|Secure)-dbmaker_/, line);
    assert.match(line, /; secure(;|$)/i, line);
    assert.match(line, /; httponly(;|$)/i, line);
    assert.match(line, /; samesite=lax(;|$)/i, line);
    assert.doesNotMatch(line, /; domain=/i, line);
    if (line.startsWith('__Host-')) assert.match(line, /; path=\/;/i, line);
  }
});

test('without https the names have no prefix; two installations on one host do not take each other\'s cookies', async () => {
  await using one = await startApi({ publicUrl: 'http://localhost:8080', config: { installation: 'one111' } });
  await using two = await startApi({ publicUrl: 'http://localhost:8081', config: { installation: 'two222' } });
  const [ones, twos] = [await cookiesOf(one, 'http://localhost:8080'), await cookiesOf(two, 'http://localhost:8081')];
  assert.deepEqual(ones.names, ['dbmaker_oidc_interaction_one111', 'dbmaker_oidc_interaction_one111.sig', 'dbmaker_oidc_one111', 'dbmaker_oidc_one111.sig', 'dbmaker_session_one111']);
  assert.deepEqual(ones.names.filter((name) => twos.names.includes(name)), []);
  assert.ok(ones.lines.every((line) => !/; secure/i.test(line)));
});
