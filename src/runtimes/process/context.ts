import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Cgroups } from './cgroup/cgroups.ts';
import type { LocalEngine } from './engines/local-engine.ts';
import type { Host } from './host.ts';
import { instancePaths } from './paths.ts';
import type { InstancePaths } from './paths.ts';
import type { Definition } from './records.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { EngineName } from '../../domain/template/template.ts';

/** What every part of the runtime works with. */
export interface Context {
  readonly home: string;
  readonly homeId: string;
  readonly log: Log;
  readonly clock: Clock;
  /** @throws DbmakerError runtime_unavailable */
  readonly host: () => Promise<Host>;
  readonly cgroups: () => Promise<Cgroups | null>;
  readonly engines: Readonly<Record<Definition['engine'], LocalEngine>>;
  readonly uidOf: (ordinal: number) => Promise<number | null>;
  /** Engines that this server itself started, by instance: resolves when the end was written down. */
  readonly children: Map<string, Promise<void>>;
  /** Something about this instance changed. */
  readonly changed: (id: string) => void;
}

export function pathsOf(context: Context, id: string): InstancePaths {
  return instancePaths(context.home, id);
}

/** @throws DbmakerError unsupported */
export function engineOf(context: Context, name: EngineName): LocalEngine {
  if (name !== 'generic') return context.engines[name];
  throw new DbmakerError('unsupported', 'Only PostgreSQL and Redis can run without Docker.', { remedy: 'Install Docker.' });
}

/** The control group of one instance. */
export interface Group {
  readonly canFreeze: boolean;
  prepare(): Promise<readonly string[]>;
  joinFiles(): Promise<readonly string[]>;
  processes(): Promise<number[]>;
  usage(): ReturnType<Cgroups['usage']>;
  outOfMemoryKills(): Promise<number>;
  setFrozen(frozen: boolean): Promise<void>;
  isFrozen(): Promise<boolean>;
  remove(): Promise<void>;
}

/** null where the machine has no control groups for us, or had none when the instance was made. */
export async function groupOf(context: Context, definition: Definition | null): Promise<Group | null> {
  const cgroups = await context.cgroups();
  if (cgroups === null || definition === null || definition.cgroup === null) return null;
  const { cgroup: name, resources } = definition;
  return {
    canFreeze: cgroups.canFreeze,
    prepare: () => cgroups.prepare(name, resources),
    joinFiles: () => cgroups.joinFiles(name),
    processes: () => cgroups.processes(name),
    usage: () => cgroups.usage(name),
    outOfMemoryKills: () => cgroups.outOfMemoryKills(name),
    setFrozen: (frozen) => cgroups.setFrozen(name, frozen),
    isFrozen: () => cgroups.isFrozen(name),
    remove: () => cgroups.remove(name),
  };
}
