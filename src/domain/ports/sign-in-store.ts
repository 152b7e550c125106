import type { ApiToken, NewUser, User, UserChange } from '../user/user.ts';

/** A local account: the user's password at the issuer that DbMaker brings. */
export interface Account {
  readonly userId: string;
  /** Says by itself how it was made; see src/issuer/passwords.ts. */
  readonly passwordHash: string;
  /** It is a one-time password. */
  readonly mustChange: boolean;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

/** Like the methods of Store: each is one transaction and throws store_unavailable, store_read_only, disk_full. */
export interface AccountRepository {
  get(userId: string): Promise<Account | null>;
  /**
   * Makes or replaces it. `ends`: with it end the sign-ins of before, as by SessionRepository.endAll.
   * @returns false, and nothing is written, when `insteadOf` is given and the hash is another by now (null: there is one by now)
   */
  put(account: Omit<Account, 'changedAt'>, insteadOf?: string | null, ends?: SignInsToEnd): Promise<boolean>;
}

/** `keep`: id of the sign-in or token that goes on; `tokens`: API tokens go, too. */
export interface SignInsToEnd {
  readonly keep: string | null;
  readonly tokens: boolean;
}

/** Who somebody is at an issuer. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

export interface IdentityRepository {
  /** The user that it belongs to. */
  find(identity: Identity): Promise<User | null>;
  /** Makes the user and the identity, all or nothing. When the identity is there by now, its user is returned and nothing is made. @throws name_taken */
  create(identity: Identity, user: NewUser): Promise<User>;
  /**
   * Brings the user up to date with what the issuer told at some moment (milliseconds since 1970). What it told earlier than what was brought last changes
   * nothing. Also takes the role of the last admin: the issuer can name another. @returns the user as they are by now @throws not_found
   */
  bring(identity: Identity, change: Pick<UserChange, 'displayName' | 'email' | 'role'>, toldAt: number): Promise<User>;
}

/** A session of a browser is a token whose secret is in a cookie. */
export interface NewSession extends Pick<ApiToken, 'id' | 'userId' | 'scopes' | 'expiresAt'> {
  readonly secretHash: string;
  /** Id of the token or sign-in that it is begun with. */
  readonly beganWith: string;
}

/** What a session or an API token is made with. A token (or a session, which is one) has to be there still. */
export type Began = { readonly kind: 'token' } | {
  readonly kind: 'sign-in';
  /** Milliseconds since 1970. */
  readonly beganAt: number;
  /** Under which of these it would be listed as ended, see {@link EndedTokenRepository}. */
  readonly endedAs: readonly string[];
};

/** Beginning and ending take turns for each person: whatever ends sign-ins also ends the session of a login that was under way. */
export interface SessionRepository {
  /**
   * Makes it, or lets another of theirs, that has not expired, go on in its place. The oldest beyond `most`, and those that have expired, go.
   * @param options `goesOn`: hash of that other's secret
   * @returns its id; null: what it was to begin with is good for nothing (any more)
   */
  begin(session: NewSession, began: Began, options: { most: number; goesOn: string | null }): Promise<{ readonly id: string; readonly goesOn: boolean } | null>;
  /** Ends those that were begun with this. */
  endOf(userId: string, beganWith: string): Promise<void>;
  /** Ends all, and lets no sign-in be believed that began before now. */
  endAll(userId: string, ends: SignInsToEnd): Promise<void>;
}

/** What the embedded issuer has to remember: a session, a grant, a code, a refresh token, a login under way. */
export interface OidcRecord {
  readonly model: string;
  /** Hashed: whoever has the plain one can use it. */
  readonly id: string;
  /** Sealed. */
  readonly payload: string;
  readonly grantId: string | null;
  /** Of a session; not the secret that its cookie holds. */
  readonly uid: string | null;
  /** Session to which it belongs. */
  readonly sessionUid: string | null;
  readonly accountId: string | null;
  /** Milliseconds since 1970, both. */
  readonly consumedAt: number | null;
  readonly expiresAt: number | null;
}

/** Expired records are as good as gone. */
export interface OidcRepository {
  /** What belongs to a session that was deleted some minutes ago is left out: whoever had read it before must not bring it back. */
  put(record: Omit<OidcRecord, 'consumedAt'>): Promise<void>;
  get(model: string, id: string): Promise<OidcRecord | null>;
  getByUid(model: string, uid: string): Promise<OidcRecord | null>;
  /** Notes that it was used. @returns whether it was not before */
  consume(model: string, id: string): Promise<boolean>;
  delete(model: string, id: string): Promise<void>;
  /** All that was given out under a grant. */
  deleteOfGrant(grantId: string): Promise<void>;
  /** Sessions (their uids) of an account. */
  sessionsOf(accountId: string): Promise<string[]>;
  /** The session and all that belongs to it. */
  deleteSession(uid: string): Promise<void>;
}

/** Access tokens cannot be taken back: those (or sessions of the issuer whose tokens) are not to be believed any more are listed until they expire. */
export interface EndedTokenRepository {
  /** @param hash SHA-256, hex; listed until `expiresAt`, milliseconds since 1970 */
  add(hash: string, expiresAt: number): Promise<void>;
  /** Whether any of these is listed. */
  hasAny(hashes: readonly string[]): Promise<boolean>;
}

/** Counts tries within windows of time, for limits that hold over restarts and for all processes. May be lost in a power cut. */
export interface AttemptRepository {
  /**
   * Counts one more try under each key; a window begins with its first one. Beyond a limit nothing is counted.
   * @returns null, or until when a limit is exceeded, milliseconds since 1970
   */
  take(limits: readonly { readonly key: string; readonly most: number }[], windowMs: number): Promise<number | null>;
  /** The try was none to be counted: one less under each key. */
  giveBack(keys: readonly string[]): Promise<void>;
  /** Forgets all of a key. */
  clear(key: string): Promise<void>;
}

/** All that sign-in keeps. */
export interface SignInStore {
  readonly accounts: AccountRepository;
  readonly identities: IdentityRepository;
  readonly sessions: SessionRepository;
  readonly oidc: OidcRepository;
  readonly endedTokens: EndedTokenRepository;
  readonly attempts: AttemptRepository;
  /** Removes what has expired. @returns how many rows */
  forgetExpired(): Promise<number>;
}
