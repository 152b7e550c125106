import { createHash } from 'node:crypto';
import { DbmakerError } from '../domain/errors.ts';
import { limitKey } from '../domain/limit-key.ts';
import type { LocalAccounts } from '../domain/ports/issuer.ts';
import type { Account, SignInsToEnd } from '../domain/ports/sign-in-store.ts';
import type { Store } from '../domain/ports/store.ts';
import type { User } from '../domain/user/user.ts';
import { oneTimePassword, PasswordHasher, passwordProblem } from './passwords.ts';

/** Failed logins within {@link WINDOW_MS}. The last one is high: whoever wants to keep somebody out must not be able to by ten wrong guesses. */
const LIMITS = { accountFromAddress: 10, address: 100, account: 200 };
const WINDOW_MS = 15 * 60_000;

/** The one text for whatever of the two was wrong. */
export const WRONG_LOGIN = 'The name or the password is not right.';

/** Local accounts in the store. What is tried is counted in the store too: limits hold over restarts, and for unknown names in the same way. */
export class Accounts implements LocalAccounts {
  readonly #store: Pick<Store, 'users' | 'signIn'>;
  readonly #now: () => number;
  readonly #onChange: (userId: string) => Promise<void>;
  readonly #hasher = new PasswordHasher();

  /** @param onChange told of each password that is another one now; must not reject */
  constructor(store: Pick<Store, 'users' | 'signIn'>, now: () => number, onChange: (userId: string) => Promise<void> = async () => undefined) {
    this.#store = store;
    this.#now = now;
    this.#onChange = onChange;
  }

  /** @throws unauthenticated (with WRONG_LOGIN, always the same), account_disabled (the password was right), rate_limited */
  async login(username: string, password: string, source: string | null): Promise<{ user: User; account: Account }> {
    return this.#limited(username, source, async () => {
      const user = await this.#store.users.getByUsername(username);
      const account = user === null ? null : await this.#store.signIn.accounts.get(user.id);
      const right = await this.#hasher.verify(password, account?.passwordHash ?? null);
      if (!right || user === null || account === null) throw new DbmakerError('unauthenticated', WRONG_LOGIN);
      if (user.disabled) throw new DbmakerError('account_disabled', 'This account is disabled.', { remedy: 'Ask an admin of DbMaker.' });
      return { user, account };
    });
  }

  /**
   * Sets the password that somebody chose who has just shown the old one; in the same step `ends` end.
   * @returns its hash
   * @throws invalid_request, conflict (changed meanwhile), rate_limited
   */
  async replace(account: Account, username: string, next: string, ends?: SignInsToEnd): Promise<string> {
    const problem = passwordProblem(next, { username });
    if (problem !== null) throw new DbmakerError('invalid_request', `The new password ${problem}.`, { fields: { '/next': problem } });
    if (await this.#hasher.verify(next, account.passwordHash)) {
      throw new DbmakerError('invalid_request', 'The new password must be another one than before.', { fields: { '/next': 'must be another one than before' } });
    }
    const passwordHash = await this.#hasher.hash(next);
    if (await this.#store.signIn.accounts.put({ userId: account.userId, passwordHash, mustChange: false }, account.passwordHash, ends)) {
      await this.#onChange(account.userId);
      return passwordHash;
    }
    throw new DbmakerError('conflict', 'The password was changed in the meantime.', { remedy: 'Sign in with the new one.' });
  }

  async changePassword(userId: string, username: string, { current, next }: { current: string; next: string }, { source, keep }: { source: string | null; keep: string | null }): Promise<void> {
    const problem = passwordProblem(next, { username, current });
    if (problem !== null) throw new DbmakerError('invalid_request', `The new password ${problem}.`, { fields: { '/next': problem } });
    const account = await this.#store.signIn.accounts.get(userId);
    if (account === null) throw new DbmakerError('conflict', 'You have no password here.', { remedy: 'Ask an admin for a one-time password.' });
    await this.#limited(username, source, async () => {
      if (!(await this.#hasher.verify(current, account.passwordHash))) {
        throw new DbmakerError('forbidden', 'The current password is not right.', { fields: { '/current': 'is not right' } });
      }
    });
    await this.replace(account, username, next, { keep, tokens: false });
  }

  async setOneTimePassword(userId: string, { tokens }: Pick<SignInsToEnd, 'tokens'>): Promise<string> {
    const password = oneTimePassword();
    await this.#store.signIn.accounts.put({ userId, passwordHash: await this.#hasher.hash(password), mustChange: true }, undefined, { keep: null, tokens });
    await this.#onChange(userId);
    return password;
  }

  async create(userId: string, settle: (fresh: string) => Promise<string> = async (fresh) => fresh): Promise<string | null> {
    if ((await this.#store.signIn.accounts.get(userId)) !== null) return null;
    const password = await settle(oneTimePassword());
    if (await this.#store.signIn.accounts.put({ userId, passwordHash: await this.#hasher.hash(password), mustChange: true }, null)) return password;
    const other = await this.#store.signIn.accounts.get(userId); // made meanwhile, maybe with the same
    return other !== null && (await this.#hasher.verify(password, other.passwordHash)) ? password : null;
  }

  get(userId: string): Promise<Account | null> {
    return this.#store.signIn.accounts.get(userId);
  }

  /** Counts before it tries, so that a hundred at the same time are a hundred tries. What went well is not counted. */
  async #limited<T>(username: string, source: string | null, attempt: () => Promise<T>): Promise<T> {
    const [account, address] = [digest(username.toLowerCase()), digest(source === null ? '' : limitKey(source))];
    const keys = { pair: `login:${account}:${address}`, address: `login-address:${address}`, account: `login-account:${account}` };
    const until = await this.#store.signIn.attempts.take([
      { key: keys.pair, most: LIMITS.accountFromAddress }, { key: keys.address, most: LIMITS.address }, { key: keys.account, most: LIMITS.account },
    ], WINDOW_MS);
    if (until !== null) {
      throw new DbmakerError('rate_limited', 'Too many logins failed.', { retryAfterMs: Math.max(1000, until - this.#now()), remedy: 'Wait some minutes and try again.' });
    }
    let failed = false;
    try {
      return await attempt();
    } catch (error) {
      failed = error instanceof DbmakerError && (error.code === 'unauthenticated' || error.code === 'forbidden');
      throw error;
    } finally {
      if (!failed) await this.#store.signIn.attempts.giveBack(Object.values(keys));
    }
  }
}

/** Names and addresses are not kept in the store for this. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);
