import type { Endpoint } from '../endpoint.ts';
import type { ErrorCode } from '../errors.ts';
import type { Health } from '../monitoring/health.ts';
import type { EngineName, TemplateDocument } from '../template/template.ts';

/**
 * What a person wants. `sleeping` is ours (policy) or asked by the sleep action, and a connection ends it by writing `running`;
 * `stopped` stays until somebody starts it.
 */
export type Desired = 'running' | 'sleeping' | 'stopped' | 'deleted';

export type Phase =
  | 'pending' // accepted, nothing done yet
  | 'provisioning' // image, directories, container, first start
  | 'running'
  | 'sleeping'
  | 'stopped'
  | 'failed' // see reason; nextTryAt says when it is tried again, null: only after a change by a person
  | 'deleting';

export interface Resources {
  readonly memoryBytes: number;
  /** CPUs, fractions allowed. */
  readonly cpus: number;
  readonly pids: number;
}

/** Who may connect, and how; enforced by the gateway. */
export interface Access {
  /** Connections without TLS are refused, on the instance's own port too. */
  readonly tlsOnly: boolean;
  /** Source addresses that may connect, as CIDR (`10.0.0.0/8`, `2001:db8::/32`, a single address without `/`). Empty: everybody. */
  readonly allow: readonly string[];
}

export const OPEN_ACCESS: Access = { tlsOnly: false, allow: [] };

/** What is wanted; written by the api (and by policies), read by the reconciler. */
export interface InstanceSpec {
  readonly desired: Desired;
  /** Rises with every change of the spec; `status.observedGeneration` follows when the change has been carried out. */
  readonly generation: number;
  /** Rises with every restart asked for; `status.restarts` follows. */
  readonly restarts: number;
  /** The template as it was at creation: a later edit of the template changes no existing instance. */
  readonly template: TemplateDocument;
  readonly resources: Resources;
  /** Login and database inside the instance. Redis: username = slug, database = `0`. */
  readonly username: string;
  readonly database: string;
  /** Milliseconds; null = never. */
  readonly sleepAfterMs: number | null;
  readonly removeAfterMs: number | null;
  /** Removed at this time, used or not (an ephemeral one); null: never. Left out in rows of before: null. */
  readonly expiresAt?: number | null;
  readonly access: Access;
  /** With desired = deleted: a backup is made and verified before anything is removed. Left out: false. */
  readonly finalBackup?: boolean;
  /** Id of the backup that its data come from at the first start; left out: it begins empty. */
  readonly restoreFrom?: string;
  /** Made to try a template: it is removed without a backup. Left out: an ordinary one, which it becomes when somebody gives it another end. */
  readonly trial?: boolean;
}

/** Why an instance is as it is, in words for its owner. */
export interface Reason {
  readonly code: ErrorCode;
  readonly message: string;
  /** Last lines of the engine's log where they explain it. */
  readonly logTail?: string;
}

/** Progress of long work, for a progress bar. */
export interface Progress {
  /** `image`, `data`, `start`, `ready`, ... */
  readonly step: string;
  readonly message: string;
  /** 0..1 where known. */
  readonly fraction?: number;
  /** Done so far, and in all, where it is counted in bytes. */
  readonly bytes?: number;
  readonly totalBytes?: number;
}

/** What was observed; written by the reconciler only, under its lease. */
export interface InstanceStatus {
  readonly phase: Phase;
  /** Since when in this phase, milliseconds since 1970. */
  readonly since: number;
  readonly observedGeneration: number;
  readonly restarts: number;
  readonly reason: Reason | null;
  readonly progress: Progress | null;
  /** Failures in a row. */
  readonly attempts: number;
  /** When the reconciler looks at it again without being asked; null: only on a change. */
  readonly nextTryAt: number | null;
  /** Set while running. */
  readonly endpoint: Endpoint | null;
  /**
   * When the current run was launched; null when we stopped it. Written before the launch, so that a run that the runtime says began
   * later than this is known to have ended unasked, and one that began earlier is known to have been ours to end.
   */
  readonly startedAt: number | null;
  /** Whether the first start has ever succeeded: from then on missing data is an error, never a reason to make new data. */
  readonly provisioned: boolean;
  /** Whether the data of `spec.restoreFrom` are completely in place. Left out: no. */
  readonly restored?: boolean;
  /** Times of recent unasked ends of the process; feeds crash-loop detection. */
  readonly crashes: readonly number[];
  /** Engine version as the engine said it. */
  readonly version: string | null;
}

/** Passwords sealed by the SecretBox; never plain in the store. */
export interface SealedSecrets {
  readonly password: string;
  /** Set while a rotation is under way: applied, tried by a login, then moved to `password`. */
  readonly nextPassword: string | null;
}

export interface Instance {
  /** 12 characters [a-z0-9], starting with a letter. Container names, labels and directories derive from it. */
  readonly id: string;
  readonly ownerId: string;
  readonly ownerName: string;
  readonly name: string;
  readonly templateKey: string;
  readonly type: string;
  readonly engine: EngineName;
  readonly slug: string;
  /** Unique among all instances and quarantined ports. */
  readonly port: number;
  readonly spec: InstanceSpec;
  readonly status: InstanceStatus;
  readonly secrets: SealedSecrets;
  /** As the monitor saw it; null: not looked at yet. */
  readonly health: Health | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}
