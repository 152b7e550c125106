import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../../domain/ports/clock.ts';
import { DbmakerError } from '../../../domain/errors.ts';
import { waitUntil } from '../wait.ts';
import { makeGroup, pidsIn, readControl, removeGroup, writeControl } from './cgroup-files.ts';
import { CPU_PERIOD_US, counters, cpuQuota } from './cgroups.ts';
import type { Cgroups } from './cgroups.ts';

/** One tree for each controller; `cpu` and `cpuacct` are often the same directory under two names, which does no harm here. */
const CONTROLLERS = ['memory', 'cpu', 'cpuacct', 'pids', 'freezer'] as const;
const FREEZE_TIMEOUT_MS = 5_000;

/** null when this machine has no such trees. */
export function createCgroupsV1(clock: Clock, mount: string): Cgroups | null {
  const controllers = CONTROLLERS.filter((one) => existsSync(path.join(mount, one, 'cgroup.procs')));
  if (!controllers.includes('memory') || !controllers.includes('pids')) return null;
  const group = (controller: (typeof CONTROLLERS)[number], name: string): string => path.join(mount, controller, 'dbmaker', name);
  const has = (controller: (typeof CONTROLLERS)[number]): boolean => controllers.includes(controller);
  const joinFiles = (name: string): string[] => controllers.map((one) => path.join(group(one, name), 'cgroup.procs'));
  const isFrozen = async (name: string): Promise<boolean> => ((await readControl(path.join(group('freezer', name), 'freezer.state'))) ?? 'THAWED') !== 'THAWED';
  const remove = async (name: string): Promise<void> => {
    for (const one of controllers) await removeGroup(clock, group(one, name));
  };

  return {
    async prepare(name, resources) {
      await remove(name);
      for (const one of controllers) await makeGroup(group(one, name));
      await writeControl(path.join(group('memory', name), 'memory.limit_in_bytes'), String(resources.memoryBytes));
      // Memory and swap together: without it an instance would swap instead of being told. Not there when swap accounting is off.
      const withSwap = path.join(group('memory', name), 'memory.memsw.limit_in_bytes');
      if (existsSync(withSwap)) await writeControl(withSwap, String(resources.memoryBytes));
      await writeControl(path.join(group('pids', name), 'pids.max'), String(resources.pids));
      if (has('cpu')) {
        await writeControl(path.join(group('cpu', name), 'cpu.cfs_period_us'), String(CPU_PERIOD_US));
        await writeControl(path.join(group('cpu', name), 'cpu.cfs_quota_us'), String(cpuQuota(resources.cpus)));
      }
      return joinFiles(name);
    },
    joinFiles: async (name) => joinFiles(name),
    processes: (name) => pidsIn(group('pids', name)),
    async usage(name) {
      const [memory, statistics, cpu, pids] = await Promise.all([
        readControl(path.join(group('memory', name), 'memory.usage_in_bytes')),
        readControl(path.join(group('memory', name), 'memory.stat')),
        readControl(path.join(group('cpuacct', name), 'cpuacct.usage')),
        pidsIn(group('pids', name)),
      ]);
      if (memory === null) return null;
      // As `docker stats`: without what the kernel would give up at once.
      const reclaimable = counters(statistics).get('total_inactive_file') ?? 0;
      return { cpuMs: Number(cpu ?? 0) / 1e6, memoryBytes: Math.max(0, Number(memory) - reclaimable), processes: pids.length };
    },
    outOfMemoryKills: async (name) => counters(await readControl(path.join(group('memory', name), 'memory.oom_control'))).get('oom_kill') ?? 0,
    canFreeze: has('freezer'),
    async setFrozen(name, frozen) {
      const file = path.join(group('freezer', name), 'freezer.state');
      const wanted = frozen ? 'FROZEN' : 'THAWED';
      if ((await readControl(file)) === null) return; // no such group: nothing in it to freeze
      await writeControl(file, wanted);
      const done = await waitUntil(clock, async () => ((await readControl(file)) ?? wanted) === wanted, { timeoutMs: FREEZE_TIMEOUT_MS });
      if (!done) throw new DbmakerError('runtime_failed', `The instance could not be ${frozen ? 'paused' : 'resumed'} in time.`);
    },
    isFrozen,
    remove,
  };
}
