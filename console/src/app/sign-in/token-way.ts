import type { Way } from './way';

const KEY = 'dbm.token';

/** By an API token: for when the issuer is away, and for admins' first steps. Kept for as long as the tab. */
export class TokenWay implements Way {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
    sessionStorage.setItem(KEY, token);
  }

  /** The one of before the page was loaded again. */
  static kept(): TokenWay | null {
    const token = sessionStorage.getItem(KEY);
    return token === null ? null : new TokenWay(token);
  }

  bearer(renew: boolean): Promise<string | null> {
    return Promise.resolve(renew ? null : this.#token);
  }

  end(): Promise<void> {
    sessionStorage.removeItem(KEY);
    return Promise.resolve();
  }
}
