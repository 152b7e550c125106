import type { Socket } from 'node:net';
import type { EngineName } from '../template/template.ts';

/** How an engine reaches one instance: `connect` opens a fresh raw connection each time. */
export interface EngineTarget {
  readonly connect: () => Promise<Socket>;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly signal?: AbortSignal;
}

/** `starting`: not yet (nobody listens, recovering, loading); ask again soon. */
export type Readiness =
  /** `version`: only where ensureAccess was asked for and done on the way. */
  | { readonly state: 'ready'; readonly version?: string }
  | { readonly state: 'starting'; readonly message: string };

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
  probe(target: EngineTarget, options?: { ensureAccess?: { dataPath: string | null } }): Promise<Readiness>;
  /** Makes sure that the target's user and database exist; idempotent. @throws data_misplaced when the data directory is not on `dataPath` */
  ensureAccess(target: EngineTarget, options: { dataPath: string | null }): Promise<void>;
  /**
   * Makes `nextPassword` the password, durably, and proves it by a login. Idempotent: also right when a kill left it half done
   * (target.password or nextPassword may be the current one). @throws access_denied when neither works, unsupported
   */
  rotatePassword(target: EngineTarget, nextPassword: string): Promise<void>;
  /** Empty where the engine cannot tell. */
  version(target: EngineTarget): Promise<string>;
  /** Bytes of the user's data as the engine counts them; 0 where it cannot tell. */
  size(target: EngineTarget): Promise<number>;
  /** @throws unsupported where the engine cannot tell: who asks must not take it for unused */
  activity(target: EngineTarget): Promise<Activity>;
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
