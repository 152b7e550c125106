import { inject, Service } from '@angular/core';
import { Session } from '../sign-in/session';
import { unreachable } from './api-error';

const UNAUTHENTICATED = 401;

/** `fetch` as the person who is signed in. */
@Service()
export class AuthorisedFetch {
  readonly #session = inject(Session);

  /**
   * A token that the API does not take any more is renewed once, unseen; if that does not help, the person is asked to sign in again.
   * @throws ApiError when the server cannot be reached, or nobody is signed in
   */
  async fetch(request: Request): Promise<Response> {
    const again = request.clone();
    const response = await this.#send(request, await this.#session.bearer());
    if (response.status !== UNAUTHENTICATED) return response;
    const renewed = await this.#session.renewedBearer();
    return renewed === null ? response : this.#send(again, renewed);
  }

  /** As the page is about to go: asks without waiting, by what was shown last. Whether it was heard nobody learns. */
  sendLast(address: string, method: string): void {
    const bearer = this.#session.told();
    if (bearer !== null) void fetch(address, { method, keepalive: true, headers: { authorization: `Bearer ${bearer}` } }).catch(() => undefined); // nobody is there any more
  }

  async #send(request: Request, bearer: string | null): Promise<Response> {
    if (bearer !== null) request.headers.set('authorization', `Bearer ${bearer}`);
    try {
      return await fetch(request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw unreachable(error);
    }
  }
}
