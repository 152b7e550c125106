import { inject, Injector, Service, signal } from '@angular/core';
import { Router } from '@angular/router';
import { problemOf } from '../api/api';
import { toApiError } from '../api/api-error';
import type { ApiError } from '../api/api-error';
import type { Profile } from '../api/types';
import { TokenWay } from './token-way';
import type { Way } from './way';

/** Who is signed in, and by what. */
@Service()
export class Session {
  readonly #injector = inject(Injector);
  readonly #profile = signal<Profile | null>(null);
  readonly #problem = signal<ApiError | null>(null);
  #way: Way | null = null;

  /** null: nobody is. */
  readonly profile = this.#profile.asReadonly();
  /** Why signing in did not work. */
  readonly problem = this.#problem.asReadonly();

  /** Goes on with what there is from before the page was loaded. */
  async begin(): Promise<void> {
    await this.#enter(TokenWay.kept());
  }

  async signInWithToken(token: string): Promise<void> {
    await this.#enter(new TokenWay(token.trim()));
  }

  bearer(): Promise<string | null> {
    return this.#way?.bearer(false) ?? Promise.resolve(null);
  }

  /** null: it cannot be renewed; then nobody is signed in any more. */
  async renewedBearer(): Promise<string | null> {
    const bearer = (await this.#way?.bearer(true)) ?? null;
    if (bearer === null) this.#forget();
    return bearer;
  }

  /** Sets the cookie that EventSource shows, which can send no header. @returns whether it was set */
  async renewCookie(): Promise<boolean> {
    const bearer = await this.bearer();
    if (bearer === null) return false;
    const { ok, status } = await fetch('/api/auth/login', { method: 'POST', headers: { authorization: `Bearer ${bearer}` } });
    if (!ok && status === 401) await this.renewedBearer();
    return ok;
  }

  async signOut(): Promise<void> {
    const way = this.#way;
    const bearer = await this.bearer().catch(() => null);
    if (bearer !== null) await fetch('/api/auth/logout', { method: 'POST', headers: { authorization: `Bearer ${bearer}` } }).catch(() => undefined); // it ends by itself, soon
    this.#way = null;
    this.#profile.set(null);
    await way?.end();
    await this.#injector.get(Router).navigateByUrl('/sign-in');
  }

  async #enter(way: Way | null): Promise<void> {
    if (way === null) return;
    this.#problem.set(null);
    try {
      const headers = { authorization: `Bearer ${(await way.bearer(false)) ?? ''}` };
      const login = await fetch('/api/auth/login', { method: 'POST', headers });
      if (!login.ok) throw problemOf(await login.json(), login.status);
      const profile = await fetch('/api/users/profile', { headers });
      if (!profile.ok) throw problemOf(await profile.json(), profile.status);
      this.#profile.set((await profile.json()) as Profile);
      this.#way = way;
    } catch (error) {
      await way.end();
      this.#problem.set(toApiError(error));
    }
  }

  #forget(): void {
    this.#way = null;
    this.#profile.set(null);
    const router = this.#injector.get(Router);
    void router.navigate(['/sign-in'], { queryParams: { to: router.url } });
  }
}
