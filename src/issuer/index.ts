import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { EmbeddedIssuer, IssuerMetadata, PublicKey } from '../domain/ports/issuer.ts';
import type { Log } from '../domain/ports/log.ts';
import type { SecretBox } from '../domain/ports/secret-box.ts';
import type { Store } from '../domain/ports/store.ts';
import { Accounts } from './accounts.ts';
import { Interactions, send } from './interactions.ts';
import { IssuerKeys, publicKey } from './keys.ts';
import { AUDIENCE, CLIENT_ID, MOUNT, SCOPE } from './names.ts';
import { originsOf } from './origins.ts';
import { STYLE } from './pages/layout.ts';
import { busyPage, errorPage } from './pages/other.ts';
import { createProvider } from './provider.ts';

/** How often it is looked whether there is another key to sign with, made here or by another process. */
const LOOK_EVERY_MS = 10 * 60_000;

export interface IssuerPorts {
  readonly store: Pick<Store, 'users' | 'signIn' | 'settings' | 'audit'>;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly log: Log;
  /** Origin of the console and the API. Asked when it is first needed: a port may not be known before the server listens. */
  readonly publicUrl: () => string;
  /** Tells its cookies from those of other installations on the same host. Default: none. */
  readonly installation?: string;
  /** Told of each account whose password is another one now. Must not reject. */
  readonly onPassword?: (userId: string) => Promise<void>;
}

/** The issuer for local accounts. It does nothing before it is first asked. */
export function createIssuer(ports: IssuerPorts): EmbeddedIssuer {
  return new Issuer(ports);
}

class Issuer implements EmbeddedIssuer {
  readonly clientId = CLIENT_ID;
  readonly audience = AUDIENCE;
  readonly scope = SCOPE;
  readonly accounts: Accounts;
  readonly #ports: IssuerPorts;
  readonly #keys: IssuerKeys;
  readonly #interactions: Interactions;
  #made: { readonly provider: Provider; readonly kids: string } | null = null;
  #lookedAt = -Infinity;
  #looking: Promise<void> | null = null;

  constructor(ports: IssuerPorts) {
    const { store, box, clock } = ports;
    this.#ports = ports;
    const now = (): number => clock.now();
    this.accounts = new Accounts(store, now, ports.onPassword);
    this.#keys = new IssuerKeys(store.settings, box, now);
    this.#interactions = new Interactions(this.accounts, store, clock);
  }

  get issuer(): string {
    return `${this.#ports.publicUrl()}${MOUNT}`;
  }

  metadata(origin: string): IssuerMetadata {
    const base = `${originsOf(this.#ports.publicUrl()).includes(origin) ? origin : this.#ports.publicUrl()}${MOUNT}`;
    return { issuer: this.issuer, authorization_endpoint: `${base}/auth`, token_endpoint: `${base}/token`, end_session_endpoint: `${base}/session/end`, jwks_uri: `${base}/jwks` };
  }

  async keys(): Promise<readonly PublicKey[]> {
    return (await this.#keys.current()).map(publicKey);
  }

  async endSession(uid: string): Promise<void> {
    await this.#ports.store.signIn.oidc.deleteSession(uid);
  }

  async endSessionsOf(userId: string, keeps: (uid: string) => boolean): Promise<string[]> {
    const { oidc } = this.#ports.store.signIn;
    const ended = (await oidc.sessionsOf(userId)).filter((uid) => !keeps(uid));
    for (const uid of ended) await oidc.deleteSession(uid);
    return ended;
  }

  async handle(request: IncomingMessage, response: ServerResponse, source: string | null): Promise<void> {
    try {
      this.#asMounted(request);
      this.#asPage(response);
      if (request.url === '/style.css') {
        response.writeHead(200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'public, max-age=300' }).end(STYLE);
        return;
      }
      const provider = await this.#current();
      if (request.url?.startsWith('/interaction/')) await this.#interactions.handle(provider, request, response, source);
      else await provider.callback()(request, response);
    } catch (error) {
      this.#ports.log.error({ err: error }, 'the issuer could not answer');
      if (response.headersSent) response.destroy();
      else if (isDbmakerError(error) && error.retryable) send(response, 503, busyPage('DbMaker cannot reach what it needs. Usually that is over in a moment.'), 5000);
      else send(response, 500, errorPage());
    }
  }

  refuse(response: ServerResponse, { userText, remedy, retryAfterMs }: DbmakerError, status: number): void {
    this.#asPage(response);
    // The remedy of a refusal by the clock names a header, which nobody sees in a page.
    const wait = retryAfterMs === undefined ? remedy : inWords(Math.ceil(retryAfterMs / 1000));
    send(response, status, busyPage([userText, wait].filter(Boolean).join(' ')), retryAfterMs);
  }

  /** Strips the mount, and pins the address that links are made of: what a client says in Host and X-Forwarded-* is not believed. */
  #asMounted(request: IncomingMessage): void {
    const publicUrl = this.#ports.publicUrl();
    const origins = originsOf(publicUrl);
    const { protocol, host } = new URL(origins.find((origin) => new URL(origin).host === request.headers.host) ?? publicUrl);
    delete request.headers['x-forwarded-host'];
    request.headers.host = host;
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    const original = request.url ?? '/';
    Object.assign(request, { originalUrl: original });
    request.url = original.slice(MOUNT.length) || '/';
  }

  #asPage(response: ServerResponse): void {
    const origins = originsOf(this.#ports.publicUrl());
    response.setHeader('content-security-policy',
      `default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;form-action ${['\'self\'', ...origins].join(' ')};base-uri 'none';frame-ancestors 'none'`);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('referrer-policy', 'no-referrer');
  }

  async #current(): Promise<Provider> {
    const due = this.#made === null || this.#ports.clock.now() - this.#lookedAt >= LOOK_EVERY_MS || this.#ports.clock.now() < this.#lookedAt;
    if (due) {
      this.#looking ??= this.#look().finally(() => { this.#looking = null; });
      try {
        await this.#looking;
      } catch (error) {
        if (this.#made === null) throw error;
        this.#ports.log.warn({ err: error }, 'it could not be looked for newer keys of the issuer; it is looked again');
      }
    }
    if (this.#made === null) throw new DbmakerError('internal', 'There is no issuer.');
    return this.#made.provider;
  }

  async #look(): Promise<void> {
    const { store, box, clock, log, publicUrl, installation = null } = this.#ports;
    const keys = await this.#keys.current();
    const kids = keys.map(({ kid }) => kid).join();
    if (this.#made?.kids !== kids) {
      const provider = createProvider({
        issuer: this.issuer,
        origins: originsOf(publicUrl()),
        cookies: { isHttps: publicUrl().startsWith('https:'), installation },
        keys,
        cookieKey: await this.#keys.cookieKey(),
        adapter: { oidc: store.signIn.oidc, box, clock },
        findUser: async (id) => {
          const user = (await store.signIn.accounts.get(id)) === null ? null : await store.users.get(id);
          return user?.disabled === true ? null : user;
        },
        isPasswordHash: async (id, hash) => (await store.signIn.accounts.get(id))?.passwordHash === hash,
        onServerError: (error) => log.error({ err: error }, 'the issuer could not answer'),
      });
      this.#made = { provider, kids };
    }
    this.#lookedAt = clock.now();
  }
}

function inWords(seconds: number): string {
  return `Try again in ${String(seconds)} ${seconds === 1 ? 'second' : 'seconds'}.`;
}
