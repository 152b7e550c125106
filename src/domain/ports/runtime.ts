import type { Readable, Writable } from 'node:stream';
import type { Endpoint } from '../endpoint.ts';
import type { Progress, Resources } from '../instance/instance.ts';
import type { Availability, EngineName, TemplateDocument } from '../template/template.ts';

/** What a runtime has to run: made by the pure builder `buildWorkload`, no library type in it. */
export interface Workload {
  /** The instance's id: container name, labels and directories derive from it. */
  readonly id: string;
  readonly slug: string;
  readonly engine: EngineName;
  readonly image: string;
  /** Replaces the image's command when set. */
  readonly command: readonly string[] | null;
  /** Holds secrets: never log it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: Resources;
  /** Directory inside that holds the data; null: nothing is kept. */
  readonly dataPath: string | null;
  readonly endpoint:
    | { readonly kind: 'socket'; readonly directory: string; readonly name: string }
    | { readonly kind: 'tcp'; readonly port: number };
  /** A number unique to this instance on this host (its port): lets a runtime derive e.g. a uid of its own. */
  readonly ordinal: number;
  /**
   * Changes when the container has to be made anew (image, limits, command, endpoint). Excludes the password: a rotation recreates nothing.
   */
  readonly fingerprint: string;
}

export interface Observation {
  readonly id: string;
  /** `absent`: no container/process known. `created`: made, never started. */
  readonly state: 'absent' | 'created' | 'running' | 'paused' | 'exited';
  readonly exitCode: number | null;
  readonly outOfMemory: boolean;
  /** Milliseconds since 1970. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** How to reach it; set while running or paused. */
  readonly endpoint: Endpoint | null;
  /** Of the workload that it was made from; null where unknown. */
  readonly fingerprint: string | null;
  /** Whether a data directory of this instance exists (also when the container is gone). */
  readonly dataPresent: boolean;
}

export interface RuntimeInfo {
  readonly name: string;
  readonly version: string;
  /** Where it keeps what it runs, beside DBMAKER_HOME; left out where there is no such place. */
  readonly dataDirectory?: string;
}

export interface LogLine {
  /** Milliseconds since 1970; null where the source has no time. */
  readonly at: number | null;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface Stats {
  /** CPU time used since the start, milliseconds. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
  /** Bytes in the data directory. */
  readonly diskBytes: number;
  readonly processes: number;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StreamOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Left out: its input is empty. A program may end without reading all of it. */
  readonly input?: Readable;
  /** Ended with the program's output; left out: that is thrown away. Read no faster than it takes. */
  readonly output?: Writable;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

export type OnProgress = (progress: Progress) => void;

/**
 * What runs instances. Every method can be called twice, and after a kill in the middle of it, with the same result.
 * Knows and touches only what carries our label and this installation's home id.
 * All throw DbmakerError: runtime_unavailable when the runtime does not answer, disk_full, runtime_failed otherwise.
 */
export interface Runtime {
  readonly name: 'docker' | 'process';

  /** @throws runtime_unavailable */
  info(): Promise<RuntimeInfo>;

  /** Whether a template of this shape can run here, and what mends it if not. */
  availability(template: TemplateDocument): Promise<Availability>;

  /** Makes the image (or the engine's programs) present: builds ours, pulls others. @throws image_missing, image_build_failed, engine_unavailable */
  prepare(workload: Pick<Workload, 'image' | 'engine'>, onProgress: OnProgress, signal?: AbortSignal): Promise<void>;

  /** Makes directories and container, not started. Existing data is kept as it is. A container of another fingerprint is replaced. @throws image_missing */
  create(workload: Workload): Promise<void>;

  /** Starts what create made; nothing if it runs. Returns once the process was launched, not when it is ready. */
  start(workload: Workload): Promise<void>;

  /** Asks it to end, kills it after `graceMs`; resolves when it has ended. Nothing if it does not run. Ends a pause first. */
  stop(id: string, options: { graceMs: number }): Promise<void>;

  /** Freezes a running one: memory kept, no CPU. @throws unsupported */
  pause(id: string): Promise<void>;
  /** @throws unsupported */
  resume(id: string): Promise<void>;

  /** Removes the container/process; the data stays. */
  discard(id: string): Promise<void>;

  /** Removes container and data and returns only when both were seen gone. */
  remove(id: string): Promise<void>;

  observe(id: string): Promise<Observation>;
  /** Everything that is ours on this host, data without a container included. */
  observeAll(): Promise<Observation[]>;

  /**
   * Calls `onChange(id)` when something ended, started, was paused or vanished, until `signal` aborts; it reconnects by itself and
   * then calls `onResync()`, as changes may have been missed.
   */
  watch(handlers: { onChange: (id: string) => void; onResync: () => void }, signal: AbortSignal): void;

  /** Last `tail` lines, then (follow) new ones until the signal aborts or the instance ends. Works on an ended one too. */
  logs(id: string, options: { tail: number; follow: boolean; signal?: AbortSignal }): AsyncIterable<LogLine>;

  /** Runs a program inside the running instance, as its user. Output is cut at 1 MiB each. */
  exec(id: string, argv: readonly string[], options?: { input?: string; timeoutMs?: number }): Promise<ExecResult>;

  /**
   * As exec, but for any amount of data and without a limit of time. Resolves when the program has ended and `output` has taken everything;
   * of stderr the last 64 KiB are kept. @throws not_running, cancelled (by the signal), what broke `input` or `output`
   */
  stream(id: string, argv: readonly string[], options: StreamOptions): Promise<Omit<ExecResult, 'stdout'>>;
  /**
   * A tar of the data directory of one that does not run, poured into `output`, which is ended with it. Names are relative (`./global/...`).
   * @throws conflict while it runs, data_missing, cancelled, what broke `output`
   */
  exportData(id: string, output: Writable, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Makes the data of an instance that was never started out of a tar: alone (`whole`), or added to what a new one begins with (`added`).
   * Comes before create(), which keeps them. Replaces what an earlier call, cut off or not, has made. Owner and mode are put right.
   * @throws conflict when there is a container or process of it, backup_damaged (no tar), disk_full, cancelled, what broke `input`
   */
  importData(workload: Workload, input: Readable, options: { mode: 'whole' | 'added'; signal?: AbortSignal }): Promise<void>;
  /** `disk: false`: without a walk over all its files; diskBytes is 0 then. @throws not_running */
  stats(id: string, options?: { disk?: boolean }): Promise<Stats>;
}
