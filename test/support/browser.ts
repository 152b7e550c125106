/** Signs in as a browser with the console's page would: follows redirects, keeps cookies, sends forms, PKCE. No script runs. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { noteSecret } from './secrets.ts';

/** GET /api/sign-in */
export interface SignInSettings {
  readonly issuer: 'embedded' | 'external';
  readonly authority: string;
  readonly clientId: string;
  readonly scopes: string[];
  readonly defaultScopes: string[];
  readonly knownAuthorities: string[];
  readonly authorityMetadata: string | null;
  readonly protocolMode: string;
  readonly redirectPath: string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
  readonly expires_in: number;
  readonly scope: string;
}

/** Members of all answers in one: which of them an answer has is what the tests are about. */
export interface Answered {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly role: string;
  readonly csrfToken: string | null;
  readonly expiresAt: string;
  readonly password: string;
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
  readonly token: { readonly id: string; readonly name: string; readonly scopes: string[]; readonly expiresAt: string | null };
  readonly usage: Readonly<Record<string, number>>;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly attributes: string;
}

export class Browser {
  readonly #cookies = new Map<string, Cookie>();
  readonly origin: string;

  /** @param origin of the console, e.g. http://127.0.0.1:8080 */
  constructor(origin: string) {
    this.origin = origin;
  }

  /** By how its name begins: an installation adds what is its own. */
  cookie(name: string): Cookie | undefined {
    return [...this.#cookies.values()].find((cookie) => cookie.name.startsWith(name));
  }

  forget(name: string): void {
    for (const [key, cookie] of this.#cookies) if (cookie.name === name) this.#cookies.delete(key);
  }

  cookieHeader(address: string): string {
    const { pathname } = new URL(address, this.origin);
    return [...this.#cookies.values()].filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)).map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** One request, no redirect followed. */
  async fetch(address: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address, this.origin);
    const cookie = this.cookieHeader(url.href);
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(30_000), ...init, headers: { ...(cookie === '' ? {} : { cookie }), ...(init.headers as Record<string, string> | undefined) } });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  async json<T = Answered>(method: string, address: string, options: { body?: unknown; headers?: Record<string, string> } = {}): Promise<{ status: number; headers: Headers; body: T }> {
    const response = await this.fetch(address, {
      method, headers: { ...(options.body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers }, body: options.body === undefined ? null : JSON.stringify(options.body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (/json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text) as T };
  }

  /** Follows redirects until there is a page, or the way leads to `until`, which is not asked for. */
  async open(address: string, init: RequestInit = {}, until?: string): Promise<Page> {
    let [url, options] = [new URL(address, this.origin).href, init];
    for (let hop = 0; hop < 15; hop += 1) {
      if (until !== undefined && url.startsWith(until)) return { url, status: 0, headers: new Headers(), text: '' };
      const response = await this.fetch(url, options);
      const location = response.headers.get('location');
      if (location === null) return { url, status: response.status, headers: response.headers, text: await response.text() };
      [url, options] = [new URL(location, url).href, {}];
    }
    throw new Error(`too many redirects, at last to ${url}`);
  }

  /** Sends the form of a page. */
  submit(page: Page, fields: Readonly<Record<string, string>>, until?: string): Promise<Page> {
    const form = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1];
    assert.ok(form, `a form in ${page.text}`);
    const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]+)"(?: [a-z-]+="[^"]*")*? value="([^"]*)"/g)].map((match) => [match[1] ?? '', match[2] ?? ''] as const);
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
    return this.open(new URL(form.replaceAll('&amp;', '&'), page.url).href, { method: 'POST', body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } }, until);
  }

  #keep(line: string): void {
    const [pair = '', ...rest] = line.split(';').map((part) => part.trim());
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const path = rest.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
    const expires = rest.find((part) => /^expires=/i.test(part))?.slice(8);
    const gone = value === '' || (expires !== undefined && Date.parse(expires) <= Date.now()) || rest.some((part) => /^max-age=0$/i.test(part));
    if (gone) this.#cookies.delete(`${name} ${path}`);
    else this.#cookies.set(`${name} ${path}`, { name, value, path, attributes: rest.join('; ') });
  }
}

/** One sign-in of the console: from the request for a code to its tokens. */
export class SignInFlow {
  readonly browser: Browser;
  readonly settings: SignInSettings;
  readonly metadata: { issuer: string; authorization_endpoint: string; token_endpoint: string; end_session_endpoint: string; jwks_uri: string };
  readonly redirectUri: string;
  readonly #verifier = randomBytes(32).toString('base64url');
  readonly state = randomBytes(8).toString('base64url');

  constructor(browser: Browser, settings: SignInSettings) {
    this.browser = browser;
    this.settings = settings;
    this.metadata = JSON.parse(settings.authorityMetadata ?? '{}') as SignInFlow['metadata'];
    this.redirectUri = `${browser.origin}${settings.redirectPath}`;
  }

  static async at(browser: Browser): Promise<SignInFlow> {
    return new SignInFlow(browser, (await browser.json<SignInSettings>('GET', '/api/sign-in')).body);
  }

  /** @returns the login page, or where the way led when nobody was asked */
  begin(more: Readonly<Record<string, string>> = {}): Promise<Page> {
    const query = new URLSearchParams({
      client_id: this.settings.clientId, response_type: 'code', redirect_uri: this.redirectUri, scope: [...this.settings.defaultScopes, ...this.settings.scopes].join(' '),
      code_challenge: createHash('sha256').update(this.#verifier).digest('base64url'), code_challenge_method: 'S256', state: this.state, nonce: 'n', ...more,
    });
    return this.browser.open(`${this.metadata.authorization_endpoint}?${query.toString()}`, {}, this.redirectUri);
  }

  login(page: Page, username: string, password: string): Promise<Page> {
    return this.browser.submit(page, { username, password }, this.redirectUri);
  }

  async tokens(page: Page): Promise<Tokens> {
    const back = new URL(page.url);
    assert.ok(page.url.startsWith(this.redirectUri), `${page.url} ${page.text}`);
    assert.equal(back.searchParams.get('error'), null, page.url);
    assert.equal(back.searchParams.get('state'), this.state);
    const answer = await this.exchange(page);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body as unknown as Tokens;
  }

  /** Asks for tokens with the code of an address that the way led back to. */
  exchange(page: Page): Promise<{ status: number; body: Record<string, string> }> {
    return this.ask({ grant_type: 'authorization_code', code: new URL(page.url).searchParams.get('code') ?? '', redirect_uri: this.redirectUri, code_verifier: this.#verifier });
  }

  refresh(refreshToken: string): Promise<{ status: number; body: Record<string, string> }> {
    return this.ask({ grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  async ask(fields: Readonly<Record<string, string>>): Promise<{ status: number; body: Record<string, string> }> {
    const response = await this.browser.fetch(this.metadata.token_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: this.settings.clientId, ...fields }) });
    const body = (await response.json()) as Record<string, string>;
    for (const name of ['access_token', 'refresh_token']) if (body[name] !== undefined) noteSecret('API token', body[name]);
    return { status: response.status, body };
  }
}
