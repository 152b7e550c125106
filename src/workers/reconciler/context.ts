import type { NewEvent } from '../../domain/instance/event.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Instance, InstanceStatus } from '../../domain/instance/instance.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Connect } from '../../domain/ports/connector.ts';
import type { Engine, EngineTarget } from '../../domain/ports/engine.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Observation, Runtime, Workload } from '../../domain/ports/runtime.ts';
import type { SecretBox } from '../../domain/ports/secret-box.ts';
import type { Lease, Store } from '../../domain/ports/store.ts';
import type { EngineName } from '../../domain/template/template.ts';
import type { BackupPorts } from '../backup/ports.ts';

/** What the reconciler needs of the rest of the house; handed in by src/main. */
export interface ReconcilerPorts {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly engines: Readonly<Record<EngineName, Engine>>;
  readonly connect: Connect;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: ReconcilerSettings;
  readonly backups: BackupPorts;
  /** 0..1; Math.random in production. */
  readonly random: () => number;
  /** Told after each report that was written. */
  readonly onReport: (instanceId: string) => void;
  /** For figures. */
  readonly observer?: ReconcilerObserver;
}

/** Told of the work that is done. */
export interface ReconcilerObserver {
  /** At the beginning of a look; what it returns is called at its end. */
  look(): (result: 'done' | 'again' | 'none' | 'error') => void;
  failed(code: ErrorCode, what: 'step' | 'backup'): void;
  resync(): (result: 'ok' | 'failed') => void;
}

export interface ReconcilerSettings {
  /** Names this worker in leases. Unique per process. */
  readonly holder: string;
  readonly domain: string;
  readonly leaseMs: number;
  readonly resyncMs: number;
  /** How often the store is asked for work that nobody told us of. */
  readonly pollMs: number;
  readonly concurrency: number;
  readonly quarantineMs: number;
  /** From launch to the first successful login; afterwards the instance is `failed`, though still watched. */
  readonly startTimeoutMs: number;
  /** Time a database gets to end by itself. */
  readonly stopGraceMs: number;
  /** A sleeping one stays frozen in memory so long, then it is stopped. */
  readonly pausedMs: number;
}

export type EventDraft = Pick<NewEvent, 'type' | 'message' | 'data'>;
export type StatusPatch = Partial<Omit<InstanceStatus, 'since'>>;

/** One look at one instance: what is wanted, what is there, and the means to change it. */
export interface Pass {
  readonly instance: Instance;
  readonly observation: Observation;
  readonly engine: Engine;
  readonly ports: ReconcilerPorts;
  /** Aborts when the lease is lost or the worker stops: whoever works on must end. */
  readonly signal: AbortSignal;
  /** For what is written beside the instance's row, and only by who holds it. */
  readonly lease: Lease;
  /** Writes under the lease. @throws DbmakerError cancelled when the lease is lost */
  report(patch: StatusPatch, options?: { events?: readonly EventDraft[]; rotated?: string; rotationRefused?: string; volatile?: boolean }): Promise<void>;
  /** Plain password of the instance. Never log it. */
  password(): string;
  workload(): Workload;
  target(observation: Observation, password?: string): EngineTarget;
}

/** What a step says: carried out, or look again after so long. Failures are thrown as DbmakerError. */
export type StepResult = { readonly kind: 'done' } | { readonly kind: 'again'; readonly afterMs: number };

export const DONE: StepResult = { kind: 'done' };
export const again = (afterMs: number): StepResult => ({ kind: 'again', afterMs });
