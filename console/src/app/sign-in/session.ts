import { EnvironmentInjector, inject, Injector, Service, signal } from '@angular/core';
import { Router } from '@angular/router';
import { problemOf, toApiError } from '../api/api-error';
import type { ApiError } from '../api/api-error';
import type { Profile, SignInSettings } from '../api/types';
import { forgetDrafts } from './kept-drafts';
import type { MsalWay } from './msal-way';
import { TokenWay } from './token-way';
import type { Way } from './way';

const UNAUTHENTICATED = 401;
/** Code of what is answered to whoever may not come in any more, whatever they show. */
const DISABLED = 'account_disabled';
/** How long before its end a session is renewed; not more often than the second. */
const RENEW_MS = [120_000, 15_000] as const;

/** Who is signed in, by what, and the session at the server that goes with it: a cookie for what can send no header. */
@Service()
export class Session {
  readonly #environment = inject(EnvironmentInjector);
  readonly #injector = inject(Injector);
  readonly #profile = signal<Profile | null>(null);
  readonly #problem = signal<ApiError | null>(null);
  readonly #issuer = signal<SignInSettings | null>(null);
  readonly #hasEnded = signal(false);
  #msal: MsalWay | null = null;
  #way: Way | null = null;
  /** That the session at the server was last told of. */
  #told: string | null = null;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  /** null: nobody is. */
  readonly profile = this.#profile.asReadonly();
  /** Why signing in did not work. */
  readonly problem = this.#problem.asReadonly();
  /** The sign-in of before is over without anybody having asked for it here. */
  readonly hasEnded = this.#hasEnded.asReadonly();
  /** Where people sign in; null: that could not be learnt. */
  readonly issuer = this.#issuer.asReadonly();

  /** Goes on with what there is from before the page was loaded, or takes up the issuer's answer. Never rejects. */
  async begin(): Promise<void> {
    this.#problem.set(null);
    try {
      const [{ MsalWay }, settings] = await Promise.all([import('./msal-way'), ask<SignInSettings>('GET', '/api/sign-in', null)]);
      this.#issuer.set(settings);
      const msal = await MsalWay.create(settings, this.#environment);
      msal.onEndedElsewhere(() => { if (this.#way === msal) this.#forget(); });
      this.#msal = msal;
      const kept = TokenWay.kept();
      if (kept !== null && (await this.#enterBy(kept))) return;
      if (await msal.resume()) await this.#enter(msal);
    } catch (error) {
      this.#problem.set(toApiError(error));
    }
  }

  /** Leads to the issuer, and then to `address`. */
  async signIn(address: string): Promise<void> {
    await this.#msal?.signIn(address);
  }

  async signInWithToken(token: string): Promise<void> {
    this.#problem.set(null);
    const way = new TokenWay(token.trim());
    try {
      await this.#enter(way);
    } catch (error) {
      await way.end();
      this.#problem.set(toApiError(error));
    }
  }

  /** What API calls show; null: nobody is signed in. */
  async bearer(): Promise<string | null> {
    const bearer = (await this.#way?.bearer(false)) ?? null;
    if (bearer === null) this.#forget();
    else if (bearer !== this.#told) void this.#tell(bearer).catch(() => undefined); // it is told again before the session ends
    return bearer;
  }

  /** What the server was last shown, for whoever cannot wait for more; null: nobody is signed in. */
  told(): string | null {
    return this.#told;
  }

  /** null: it cannot be renewed; then nobody is signed in any more. */
  async renewedBearer(): Promise<string | null> {
    const bearer = (await this.#way?.bearer(true)) ?? null;
    if (bearer === null) this.#forget();
    return bearer;
  }

  /** Makes sure that the cookie is good. @returns false: nobody is signed in any more @throws ApiError when the server cannot be reached, or refuses */
  async renewCookie(): Promise<boolean> {
    const bearer = (await this.#way?.bearer(false)) ?? null;
    if (bearer === null) {
      this.#forget();
      return false;
    }
    try {
      await this.#tell(bearer);
      return true;
    } catch (error) {
      const problem = toApiError(error);
      if (problem.code === DISABLED) {
        this.#forget(problem);
        return false;
      }
      if (problem.status !== UNAUTHENTICATED) throw error;
      const renewed = await this.renewedBearer();
      if (renewed !== null) await this.#tell(renewed);
      return renewed !== null;
    }
  }

  /** Ends it here, at the server and at the issuer. */
  async signOut(): Promise<void> {
    const way = this.#way;
    const bearer = (await way?.bearer(false).catch(() => null)) ?? null;
    if (bearer !== null) await ask('POST', '/api/auth/logout', bearer).catch(() => undefined); // it ends by itself, soon
    this.#leave();
    await this.#injector.get(Router).navigateByUrl('/sign-in');
    forgetDrafts();
    await way?.end();
  }

  /** By a token of before; one that is not good any more is forgotten, so that it stands in nobody's way. @returns whether it was good */
  async #enterBy(kept: TokenWay): Promise<boolean> {
    try {
      await this.#enter(kept);
      return true;
    } catch (error) {
      if (toApiError(error).status !== UNAUTHENTICATED) throw error;
      await kept.end();
      this.#problem.set(toApiError(error));
      return false;
    }
  }

  async #enter(way: Way): Promise<void> {
    const bearer = await way.bearer(false);
    if (bearer === null) return;
    const profile = await this.#tell(bearer);
    this.#way = way;
    this.#problem.set(null);
    this.#hasEnded.set(false);
    this.#profile.set(profile);
  }

  /** Begins or prolongs the session at the server. */
  async #tell(bearer: string): Promise<Profile> {
    this.#told = bearer;
    const profile = await ask<Profile>('POST', '/api/auth/login', bearer);
    clearTimeout(this.#renewal);
    const left = Date.parse(profile.expiresAt) - Date.now();
    this.#renewal = setTimeout(() => void this.renewCookie().catch(() => undefined), Math.max(left - RENEW_MS[0], RENEW_MS[1])); // what needs it sees that it is over
    return profile;
  }

  #leave(): void {
    clearTimeout(this.#renewal);
    this.#way = null;
    this.#told = null;
    this.#profile.set(null);
  }

  /** The sign-in is over without anybody having asked for it: after the next one it goes on where it was. */
  #forget(problem: ApiError | null = null): void {
    if (this.#profile() === null) return;
    this.#leave();
    this.#hasEnded.set(true);
    this.#problem.set(problem);
    const router = this.#injector.get(Router);
    void router.navigate(['/sign-in'], { queryParams: { to: router.url } });
  }
}

/** Before and beside the API's client, which needs a session itself. @throws ApiError */
async function ask<T>(method: 'GET' | 'POST', address: string, bearer: string | null): Promise<T> {
  const response = await fetch(address, { method, headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` } });
  const body: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) throw problemOf(body, response.status);
  return body as T;
}
