import type { Instance, InstanceSpec } from '../instance/instance.ts';

/**
 * `pg_dump`: pg_dump's custom format of every database, and what all share (roles) as SQL. `rdb`: a snapshot of Redis, gzip.
 * `data`: a tar of the stopped data directory, gzip.
 */
export type BackupFormat = 'pg_dump' | 'rdb' | 'data';

/** `making`: recorded before the first byte is written. `removing`: decided; files may be gone already. Only `verified` ones are shown. */
export type BackupState = 'making' | 'verified' | 'removing';

export interface BackupFile {
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** What was kept of an instance: enough to make one like it again. */
export interface Backup {
  /** Names its directory. 12 characters [a-z0-9], starting with a letter. */
  readonly id: string;
  readonly instanceId: string;
  readonly ownerId: string;
  readonly state: BackupState;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** From then on it is removed; null while it is being made. */
  readonly expiresAt: number | null;
  /** Number of the try that its files are of: those of each lie in a directory of their own, so that a worker that was frozen touches nobody else's. 0: none yet, or of before that. */
  readonly attempt: number;
  /** Of all files; while it is being made, what is claimed of its owner's quota. */
  readonly bytes: number;
  readonly of: BackedUp;
  readonly format: BackupFormat;
  readonly files: readonly BackupFile[];
  readonly verifiedAt: number | null;
  /** What the format needs to know when it is restored. */
  readonly details: Readonly<Record<string, unknown>>;
  /** For whoever restores it; null: nothing special. */
  readonly note: string | null;
}

/** The instance as it was. */
export interface BackedUp extends Pick<Instance, 'ownerName' | 'name' | 'slug' | 'templateKey' | 'type' | 'engine'> {
  readonly spec: Pick<InstanceSpec, 'template' | 'resources' | 'username' | 'database' | 'sleepAfterMs' | 'removeAfterMs' | 'access'>;
  /** Engine version as the engine said it. */
  readonly version: string | null;
  /** Sealed with {@link backupPasswordContext}: a restored instance keeps the password, so that clients need only the new address. */
  readonly password: string;
  /** Sealed likewise: a change of the password that was under way. Data may have the one or the other; a restored instance goes on with it. null or left out: none. */
  readonly nextPassword?: string | null;
}

/** The passwords of a {@link BackedUp}, sealed. */
export type BackedUpLogin = Pick<BackedUp, 'password' | 'nextPassword'>;

/** Context of a backup's passwords. */
export const backupPasswordContext = (backupId: string): string => `backup:${backupId}:password`;

/** What of an instance goes into its backup. */
export function backedUp(instance: Instance, login: BackedUpLogin): BackedUp {
  const { ownerName, name, slug, templateKey, type, engine, spec, status } = instance;
  const { template, resources, username, database, sleepAfterMs, removeAfterMs, access } = spec;
  return {
    ownerName, name, slug, templateKey, type, engine, version: status.version, ...login,
    spec: { template, resources, username, database, sleepAfterMs, removeAfterMs, access },
  };
}
