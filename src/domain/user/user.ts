/** What one user may hold at the same time. Deleted instances do not count. */
export interface Quota {
  readonly instances: number;
  readonly memoryBytes: number;
  readonly cpus: number;
  /** Of the backups that are kept of what was theirs, those that are being made included. */
  readonly backupBytes: number;
}

/** What of a quota somebody's databases take. */
export type Held = Omit<Quota, 'backupBytes'>;

export type Role = 'user' | 'admin';

export interface User {
  readonly id: string;
  /** First part of every slug of this user: a DNS label of at most 32 characters, unique, never changed. */
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly role: Role;
  readonly quota: Quota;
  /** Whatever they show is refused; their databases go on. */
  readonly disabled: boolean;
  /** null: their sign-ins were never ended all at once. */
  readonly signInsEnded: SignInsEnded | null;
  /** About when something of theirs was last let in, milliseconds since 1970. */
  readonly lastSeenAt: number | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** What is said of a user when they are made. */
export type NewUser = Omit<User, 'disabled' | 'signInsEnded' | 'lastSeenAt' | 'createdAt'>;

export interface UserChange {
  readonly displayName?: string;
  readonly email?: string | null;
  readonly role?: Role;
  readonly quota?: Quota;
  readonly disabled?: boolean;
}

/** Sign-ins that began before are good for nothing, whoever brings them and however late. */
export interface SignInsEnded {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Id of the one that went on: of whoever changed their own password. */
  readonly kept: string | null;
}

/** A moment that is further ahead was noted while a clock was wrong: it must not keep people out until it comes. */
const SKEW_MS = 60_000;

/** Whether a sign-in that `beganAt` is one of those that were ended all at once. Times in milliseconds since 1970. */
export function wasEnded({ signInsEnded }: Pick<User, 'signInsEnded'>, signIn: { readonly id: string; readonly beganAt: number }, now: number): boolean {
  return signInsEnded !== null && signIn.id !== signInsEnded.kept && signIn.beganAt < signInsEnded.at && signInsEnded.at <= now + SKEW_MS;
}

export type TokenScope = 'read' | 'write' | 'admin';

/** An API token. The secret itself is never stored, only its SHA-256. */
export interface ApiToken {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  /** null but for the session of a browser: id of the token or sign-in that it was begun, or last renewed, with. */
  readonly beganWith: string | null;
}
