import { signInId } from '../domain/derived-id.ts';
import { wasEnded, type User } from '../domain/user/user.ts';
import { Adapter, type AdapterPorts } from './adapter.ts';

export interface Checks {
  readonly adapter: AdapterPorts;
  /** null: there is no such local account (any more), or it is disabled. */
  findUser(id: string): Promise<User | null>;
  /** Whether this is still the hash of their password. */
  isPasswordHash(accountId: string, hash: string): Promise<boolean>;
}

type Found = Awaited<ReturnType<Adapter['find']>>;

/** An interaction's result, once somebody has signed in. */
interface Shown {
  /** `ts`: seconds since 1970. */
  readonly login?: { readonly accountId: string; readonly ts: number };
  /** Hash of the password. */
  readonly shown?: string;
}

/**
 * A login is kept in the interaction until the browser comes back with it, which may be an hour later: by then the password may be another one. Such a
 * login is worth nothing: whoever resets a password shuts out also those who have shown the old one and wait.
 */
export class InteractionAdapter extends Adapter {
  readonly #checks: Checks;

  constructor(model: string, checks: Checks) {
    super(model, checks.adapter);
    this.#checks = checks;
  }

  override async find(id: string): Promise<Found> {
    const payload = await super.find(id);
    const { login, shown } = (payload?.['result'] ?? {}) as Shown;
    if (login === undefined) return payload;
    if (shown === undefined || !(await this.#checks.isPasswordHash(login.accountId, shown))) return undefined;
    return (await isGood(this.#checks, login.accountId, { id: '', beganAt: login.ts })) ? payload : undefined;
  }
}

/** A session that began before all sign-ins of its person were ended is none, also where it was written down only after that: a login was under way. */
export class SessionAdapter extends Adapter {
  readonly #checks: Checks;

  constructor(model: string, checks: Checks) {
    super(model, checks.adapter);
    this.#checks = checks;
  }

  override async find(id: string): Promise<Found> {
    return this.#good(await super.find(id));
  }

  override async findByUid(uid: string): Promise<Found> {
    return this.#good(await super.findByUid(uid));
  }

  async #good(payload: Found): Promise<Found> {
    const { accountId, uid, loginTs } = (payload ?? {}) as { accountId?: string; uid?: string; loginTs?: number };
    if (accountId === undefined) return payload;
    return (await isGood(this.#checks, accountId, { id: signInId(uid ?? ''), beganAt: loginTs ?? 0 })) ? payload : undefined;
  }
}

/** `beganAt`: seconds since 1970, as oidc-provider counts, but with a fraction. */
async function isGood(checks: Checks, accountId: string, { id, beganAt }: { id: string; beganAt: number }): Promise<boolean> {
  const user = await checks.findUser(accountId);
  return user !== null && !wasEnded(user, { id, beganAt: Math.round(beganAt * 1000) }, checks.adapter.clock.now());
}
