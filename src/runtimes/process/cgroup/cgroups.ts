import type { Resources } from '../../../domain/instance/instance.ts';

/** Control groups: limits that hold for all processes of an instance together, and the kernel's count of what they use. */
export interface Cgroups {
  /**
   * Makes the group, empty and with its counters at zero, and sets the limits. Processes of it must have ended.
   * @returns the files into which a process writes its pid to enter
   * @throws DbmakerError runtime_failed
   */
  prepare(name: string, resources: Resources): Promise<readonly string[]>;
  /** Files for entering a group that exists. */
  joinFiles(name: string): Promise<readonly string[]>;
  /** Pids in it; none when there is no such group. */
  processes(name: string): Promise<number[]>;
  /** null when there is no such group. */
  usage(name: string): Promise<{ cpuMs: number; memoryBytes: number; processes: number } | null>;
  /** How often the kernel ended one of its processes for want of memory. */
  outOfMemoryKills(name: string): Promise<number>;
  /** Whether this kind can freeze (else SIGSTOP has to do). */
  readonly canFreeze: boolean;
  /** Resolves when it was seen frozen or thawed. */
  setFrozen(name: string, frozen: boolean): Promise<void>;
  isFrozen(name: string): Promise<boolean>;
  /** Removes the group once its last process is gone. Nothing if there is none. */
  remove(name: string): Promise<void>;
}

/** Period over which a CPU limit is measured, microseconds: the kernel's own default. */
export const CPU_PERIOD_US = 100_000;

/** CPU time per period; the kernel takes no less than 1,000 µs. */
export function cpuQuota(cpus: number): number {
  return Math.max(1_000, Math.round(cpus * CPU_PERIOD_US));
}

/** `name value` lines, as in memory.stat. */
export function counters(text: string | null): ReadonlyMap<string, number> {
  return new Map((text ?? '').split('\n').flatMap((line) => {
    const [name, value] = line.split(' ');
    return name === undefined || value === undefined ? [] : [[name, Number(value)] as const];
  }));
}
