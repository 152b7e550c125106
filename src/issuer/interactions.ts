import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InteractionModel, Provider } from 'oidc-provider';
import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Store } from '../domain/ports/store.ts';
import type { User } from '../domain/user/user.ts';
import { WRONG_LOGIN, type Accounts } from './accounts.ts';
import { readForm } from './form.ts';
import { MOUNT } from './names.ts';
import { loginPage } from './pages/login.ts';
import { errorPage } from './pages/other.ts';
import { passwordPage } from './pages/password.ts';
import { SHORTEST } from './passwords.ts';

/** Somebody has shown their one-time password and has to choose another: kept in the interaction for so long. */
const CHANGING_MS = 15 * 60_000;

interface Changing {
  readonly userId: string;
  /** Hash of the password that was shown: it must not have been replaced since. */
  readonly hash: string;
  readonly until: number;
}

/**
 * The pages between /auth and the code: a name and a password, and another password where that was a one-time one. Which login it belongs to is in
 * the address *and* in a cookie that only this address is sent; a foreign page can make no browser post here.
 */
export class Interactions {
  readonly #accounts: Accounts;
  readonly #store: Pick<Store, 'users' | 'audit'>;
  readonly #clock: Clock;

  constructor(accounts: Accounts, store: Pick<Store, 'users' | 'audit'>, clock: Clock) {
    this.#accounts = accounts;
    this.#store = store;
    this.#clock = clock;
  }

  /** @throws whatever the store does */
  async handle(provider: Provider, request: IncomingMessage, response: ServerResponse, source: string | null): Promise<void> {
    let details: InteractionModel;
    try {
      details = await provider.interactionDetails(request, response);
    } catch (error) {
      if ((error as { error?: string }).error === undefined) throw error;
      return send(response, 400, errorPage());
    }
    const path = request.url?.split('?', 1)[0] ?? '';
    const address = `/interaction/${details.uid}`;
    if (path !== address || details.prompt.name !== 'login') return send(response, 400, errorPage());
    const changing = await this.#changing(details);
    if (request.method === 'GET' || request.method === 'HEAD') {
      if (changing === null) return send(response, 200, loginPage({ action: `${MOUNT}${address}`, username: hint(details), error: null }));
      return send(response, 200, passwordPage({ action: `${MOUNT}${address}`, username: changing.user.username, shortest: SHORTEST, error: null }));
    }
    if (request.method !== 'POST') return send(response, 405, errorPage());
    const form = await readForm(request);
    if (form.has('next') && changing !== null) return this.#change(provider, { request, response, source, form, changing, action: `${MOUNT}${address}` });
    return this.#login(provider, { request, response, source, form, action: `${MOUNT}${address}` });
  }

  async #login(provider: Provider, { request, response, source, form, action }: Posted): Promise<void> {
    const beganAt = this.#clock.now(); // before the password is looked at: what ends all sign-ins meanwhile also ends this one
    const username = (form.get('username') ?? '').trim().toLowerCase().slice(0, 200);
    try {
      const { user, account } = await this.#accounts.login(username, form.get('password') ?? '', source);
      if (!account.mustChange) return await this.#finish(provider, { request, response, source, user, hash: account.passwordHash, beganAt });
      const changing: Changing = { userId: user.id, hash: account.passwordHash, until: this.#clock.now() + CHANGING_MS };
      await provider.interactionResult(request, response, { changing }, { mergeWithLastSubmission: false });
      redirect(response, action);
    } catch (error) {
      if (!isDbmakerError(error) || error.code === 'internal' || error.code.startsWith('store_')) throw error;
      await this.#note(null, 'sign-in', source, error);
      const text = error.code === 'unauthenticated' ? WRONG_LOGIN : [error.userText, error.remedy].filter(Boolean).join(' ');
      send(response, statusOf(error), loginPage({ action, username, error: text }), error.retryAfterMs);
    }
  }

  async #change(provider: Provider, { request, response, source, form, changing, action }: Posted & { changing: { user: User; hash: string } }): Promise<void> {
    const beganAt = this.#clock.now();
    const { user, hash } = changing;
    const next = form.get('next') ?? '';
    try {
      if (next !== form.get('again')) throw new DbmakerError('invalid_request', 'The two are not the same.');
      const chosen = await this.#accounts.replace({ userId: user.id, passwordHash: hash, mustChange: true, changedAt: 0 }, user.username, next);
      await this.#note(user, 'user.password', source, null);
      await this.#finish(provider, { request, response, source, user, hash: chosen, beganAt });
    } catch (error) {
      if (!isDbmakerError(error, 'invalid_request') && !isDbmakerError(error, 'rate_limited') && !isDbmakerError(error, 'conflict')) throw error;
      send(response, statusOf(error), passwordPage({ action, username: user.username, shortest: SHORTEST, error: error.userText }), error.retryAfterMs);
    }
  }

  /** `hash`: of the password that was shown. Who comes back with this login after that was changed is not signed in (see InteractionAdapter). */
  async #finish(provider: Provider, { request, response, source, user, hash, beganAt }: Finished): Promise<void> {
    await this.#note(user, 'sign-in', source, null);
    // A fraction of a second: whether it was before or after all sign-ins were ended is told to the millisecond.
    const login = { accountId: user.id, ts: beganAt / 1000, amr: ['pwd'] };
    await provider.interactionFinished(request, response, { login, shown: hash }, { mergeWithLastSubmission: false });
  }

  async #changing({ result }: InteractionModel): Promise<{ user: User; hash: string } | null> {
    const changing = result?.['changing'] as Changing | undefined;
    if (changing === undefined || changing.until <= this.#clock.now()) return null;
    const [user, account] = [await this.#store.users.get(changing.userId), await this.#accounts.get(changing.userId)];
    return user !== null && !user.disabled && account?.passwordHash === changing.hash ? { user, hash: changing.hash } : null;
  }

  /** Which name was tried is not written down: people type passwords there. */
  async #note(user: User | null, action: string, source: string | null, error: DbmakerError | null): Promise<void> {
    if (error?.code === 'rate_limited') return;
    await this.#store.audit.append({
      actor: user === null ? { kind: 'unknown', id: null, name: '' } : { kind: 'user', id: user.id, name: user.username },
      tokenId: null, source, requestId: null, action, subject: user?.username ?? null, instanceId: null, ownerId: user?.id ?? null,
      outcome: error === null ? 'ok' : 'refused', code: error?.code ?? null, detail: {},
    });
  }
}

interface Posted {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly source: string | null;
  readonly form: URLSearchParams;
  readonly action: string;
}

interface Finished extends Omit<Posted, 'form' | 'action'> {
  readonly user: User;
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly beganAt: number;
}

const hint = ({ params }: InteractionModel): string => (typeof params['login_hint'] === 'string' ? params['login_hint'].slice(0, 200) : '');

const STATUS: Readonly<Record<string, number>> = { unauthenticated: 401, account_disabled: 403, rate_limited: 429, payload_too_large: 413, unsupported_media_type: 415 };
const statusOf = (error: DbmakerError): number => STATUS[error.code] ?? 400;

/** A page; `retryAfterMs`: milliseconds for Retry-After. */
export function send(response: ServerResponse, status: number, html: string, retryAfterMs?: number): void {
  if (retryAfterMs !== undefined) response.setHeader('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, 'content-length': '0' }).end();
}
