import { derivedId, signInId } from '../../domain/derived-id.ts';
import { wasEnded, type User } from '../../domain/user/user.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { verifyAccessToken, type Claims, type TokenRules } from './access-tokens.ts';
import { Discovery } from './discovery.ts';
import { KeyRing } from './key-ring.ts';
import { People } from './people.ts';

/** So long an access token of the embedded issuer can be good for, with skew: what is ended is listed for that time. */
const LONGEST_TOKEN_MS = 15 * 60_000;
const SKEW_MS = 120_000;

/** Who signs in with an access token. */
export interface SignedIn {
  readonly user: User;
  readonly claims: Claims;
  /** Of the sign-in: the same for all tokens of one session at the embedded issuer; at others for one token. The form of a token's id. */
  readonly id: string;
  /** Whether it may have the scope `admin`. */
  readonly isAdmin: boolean;
}

/** Checks access tokens, whoever issues them. */
export class SignIn {
  readonly #store: ApiDependencies['store'];
  readonly #clock: Clock;
  readonly #rules: TokenRules;
  /** null: local accounts, whose subject is the user's id. */
  readonly #people: People | null;
  readonly discovery: Discovery | null;

  constructor({ store, clock, signIn, config }: Pick<ApiDependencies, 'store' | 'clock' | 'signIn' | 'config'>) {
    this.#store = store;
    this.#clock = clock;
    if (signIn.kind === 'embedded') {
      const { issuer } = signIn;
      this.discovery = null;
      this.#people = null;
      this.#rules = {
        issuer: async () => issuer.issuer, audiences: [issuer.audience], types: ['at+jwt'], scope: issuer.scope, clock,
        keys: new KeyRing({ clock, load: () => issuer.keys(), cooldownMs: 1000 }),
      };
    } else {
      const { authority, audiences, scope, adminRole } = signIn.oidc;
      const discovery = new Discovery(authority, clock);
      this.discovery = discovery;
      this.#people = new People({ store, defaultQuota: config.defaultQuota, adminRole });
      this.#rules = {
        issuer: () => discovery.issuer(), audiences, types: ['at+jwt', 'jwt'], scope: scope.slice(scope.lastIndexOf('/') + 1), clock,
        keys: new KeyRing({ clock, load: () => discovery.keys(), cooldownMs: 10_000 }),
      };
    }
  }

  /**
   * @param options `begin`: it is a login, which makes the user or brings them up to date
   * @returns also somebody who is disabled
   * @throws unauthenticated, token_expired, issuer_unavailable
   */
  async check(token: string, { begin }: { begin: boolean }): Promise<SignedIn> {
    const claims = await verifyAccessToken(token, this.#rules);
    const people = this.#people;
    const known = people === null ? await this.#store.users.get(claims.subject) : await people.find(claims);
    // Of somebody who is disabled nothing is changed; that they are is said by the caller of this.
    if (known?.disabled !== true && (await this.isEnded(claims, known))) throw new DbmakerError('unauthenticated', 'This sign-in was ended.', { remedy: 'Sign in again.' });
    const user = people === null || !begin || known?.disabled === true ? known : await people.signIn(claims);
    if (user === null) throw new DbmakerError('unauthenticated', 'You have not signed in here yet.', { remedy: 'Begin with POST /api/auth/login.' });
    return { user, claims, id: this.#idOf(claims), isAdmin: people === null ? claims.roles.includes('admin') : people.isAdmin(claims) };
  }

  /** `user`: whose it is, as they are now. */
  async isEnded(claims: Claims, user: User | null): Promise<boolean> {
    const { beganAt, endedAs } = this.began(claims);
    if (user !== null && wasEnded(user, { id: this.#idOf(claims), beganAt }, this.#clock.now())) return true;
    return this.#store.signIn.endedTokens.hasAny(endedAs);
  }

  /** When the sign-in of a token began, and under what it would be listed as ended. What another issuer says of when that was counts for nothing here. */
  began({ hash, sid, authenticatedAt, issuedAt }: Claims): { readonly beganAt: number; readonly endedAs: readonly string[] } {
    if (this.#people !== null) return { beganAt: issuedAt, endedAs: [hash] };
    return { beganAt: authenticatedAt ?? issuedAt, endedAs: sid === null ? [hash] : [hash, sessionHash(sid)] };
  }

  /** Makes this token, and at the embedded issuer all others of its session, good for nothing. */
  async end({ hash, sid, expiresAt }: Claims): Promise<void> {
    await this.#store.signIn.endedTokens.add(hash, expiresAt + SKEW_MS);
    if (this.#people === null && sid !== null) await this.endSid(sid);
  }

  /** The same for all tokens of a session of the embedded issuer. */
  async endSid(sid: string): Promise<void> {
    await this.#store.signIn.endedTokens.add(sessionHash(sid), this.#clock.now() + LONGEST_TOKEN_MS);
  }

  /** `id` of {@link SignedIn} for such a session. */
  idOf(sid: string): string {
    return signInId(sid);
  }

  #idOf({ sid, hash }: Claims): string {
    return this.#people === null && sid !== null ? this.idOf(sid) : derivedId(`access token ${hash}`);
  }
}

const sessionHash = (sid: string): string => derivedId(`ended ${sid}`);
