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
  /** Milliseconds since 1970. */
  readonly createdAt: number;
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
}
