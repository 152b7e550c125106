import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { BackupFormat } from '../backup/backup.ts';
import type { BackupWriter } from './backups.ts';
import type { Clock } from './clock.ts';
import type { ExecResult, StreamOptions } from './runtime.ts';
import type { EngineName } from '../template/template.ts';

/** How an engine reaches one instance: `connect` opens a fresh raw connection each time. */
export interface EngineTarget {
  readonly connect: () => Promise<Socket>;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  /** For the limit that every call has. */
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** `starting`: not yet (nobody listens, recovering, loading); ask again soon. */
export type Readiness =
  /** `version`: only where ensureAccess was asked for and done on the way. `figures`: where they were asked for and the engine has them. */
  | { readonly state: 'ready'; readonly version?: string; readonly figures?: EngineFigures }
  /** `answered`: it says so itself (recovering, loading); else nobody listened, or nobody answered in time. */
  | { readonly state: 'starting'; readonly message: string; readonly answered?: boolean };

/** What an engine counts of itself. Totals rise from its start on. null: it does not count that. */
export interface EngineFigures {
  /** Its user's data. */
  readonly databaseBytes: number | null;
  readonly keys: number | null;
  /** Total of transactions or commands. */
  readonly operations: number | null;
  /** Totals of reads that found what they wanted in memory (or at all), and that did not. */
  readonly hits: number | null;
  readonly misses: number | null;
}

export interface EngineDefaults {
  readonly endpoint: 'socket' | 'tcp';
  /** Directory inside the container for the socket; null for a generic one. */
  readonly socketDirectory: string | null;
  readonly socketName: string | null;
  readonly dataPath: string | null;
}

/** Code that knows one database family. Speaks the protocol with a bounded time for every call; holds no state. */
export interface Engine {
  readonly name: EngineName;
  readonly defaults: EngineDefaults;
  /**
   * Command (the template's own wins) and environment (wins over the template's) that make an official or our image listen and
   * authenticate as we need; pure. No secret is in the command.
   */
  launch(input: LaunchInput): { command: readonly string[] | null; environment: Readonly<Record<string, string>> };
  /**
   * By speaking the protocol, with the login of the target. `ensureAccess`: an engine where a login is dear may do that, and ask for the
   * version, within the same session; it says so by the version. What goes wrong there is not told here: call ensureAccess for that.
   * @throws DbmakerError access_denied when it answers but refuses the login
   */
  probe(target: EngineTarget, options?: { ensureAccess?: { dataPath: string | null }; figures?: boolean }): Promise<Readiness>;
  /** Makes sure that the target's user and database exist; idempotent. @throws data_misplaced when the data directory is not on `dataPath` */
  ensureAccess(target: EngineTarget, options: { dataPath: string | null }): Promise<void>;
  /**
   * Makes `nextPassword` the password, durably, and proves it by a login. Idempotent: also right when a kill left it half done
   * (target.password or nextPassword may be the current one). @throws access_denied when neither works, unsupported
   */
  rotatePassword(target: EngineTarget, nextPassword: string): Promise<void>;
  /**
   * Before a stop of ours: makes sure that what it holds is on its disk, where an owner has switched that off. Left out: it always is.
   * @throws endpoint_unreachable, access_denied, disk_full, runtime_failed
   */
  readonly beforeStop?: (target: EngineTarget) => Promise<void>;
  /** Empty where the engine cannot tell. */
  version(target: EngineTarget): Promise<string>;
  /** Bytes of the user's data as the engine counts them; 0 where it cannot tell. */
  size(target: EngineTarget): Promise<number>;
  /** How data are taken out of a running one; null: only by an archive of its stopped data directory. */
  readonly backup: EngineBackup | null;
  /** Whether the archive of a stopped data directory is one; null: it looks at nothing but the archive's form. */
  readonly dataArchive: DataArchiveCheck | null;
  /** @throws unsupported where the engine cannot tell: who asks must not take it for unused */
  activity(target: EngineTarget): Promise<Activity>;
}

/** What a backup or a restore has to do with the instance. */
export interface BackupAccess {
  readonly target: EngineTarget;
  /** Where its socket is, as seen from inside; null: it listens on `port`. */
  readonly socketDirectory: string | null;
  readonly port: number;
  /** Runs a program inside, as the instance's user. */
  readonly run: (argv: readonly string[], options?: Omit<StreamOptions, 'signal'>) => Promise<Omit<ExecResult, 'stdout'>>;
  readonly signal: AbortSignal;
}

/** Opens a file of the backup by its name. */
export type ReadBackup = (name: string) => Promise<Readable>;

/** Takes data out of a running instance and puts them into another one. */
export interface EngineBackup {
  readonly format: Exclude<BackupFormat, 'data'>;
  /** Whether it takes programs of the engine inside the instance. */
  readonly needsPrograms: boolean;
  /**
   * Writes all that is in it, as of one moment; sessions of others are ended before. @returns what check() and restoring need to know
   * @throws unsupported where this instance lacks what it takes, access_denied, conflict when somebody came in meanwhile, backup_failed, ...
   */
  dump(access: BackupAccess, writer: BackupWriter): Promise<Readonly<Record<string, unknown>>>;
  /** Whether what was written is one of this format and complete, beyond its checksum. @throws backup_damaged */
  check(access: BackupAccess, read: ReadBackup, details: Readonly<Record<string, unknown>>): Promise<void>;
  /** Into a new instance that runs; can be done again after it was cut off. null: before the first start, by `seed`. @throws backup_damaged, backup_failed */
  readonly restore: ((access: BackupAccess, read: ReadBackup, details: Readonly<Record<string, unknown>>) => Promise<void>) | null;
  /** A file of the new data directory. null: by `restore`. */
  readonly seed: ((read: ReadBackup, details: Readonly<Record<string, unknown>>) => Promise<SeedFile>) | null;
}

export interface SeedFile {
  readonly name: string;
  readonly bytes: number;
  readonly content: Readable;
}

export interface DataArchiveCheck {
  /** Files of the data directory, the beginnings of which it has to see. */
  readonly files: readonly string[];
  /** `clean`: it was ended in good order. @throws backup_damaged when these are not data of the engine */
  inspect(beginnings: ReadonlyMap<string, Buffer>): { readonly clean: boolean };
}

export interface LaunchInput {
  readonly slug: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly memoryBytes: number;
  readonly socketDirectory: string | null;
  readonly socketName: string | null;
  readonly dataPath: string | null;
  /** Where it has to listen when there is no socket (socketDirectory = null). */
  readonly port: number;
  /** Template's own command and environment, variables already filled in. */
  readonly command: readonly string[] | null;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Activity {
  /** Sessions other than our own. */
  readonly connections: number;
  /** Of those, how many are doing something right now. */
  readonly active: number;
}
