import path from 'node:path';
import type { Clock } from '../../../domain/ports/clock.ts';
import { DbmakerError, isDbmakerError } from '../../../domain/errors.ts';
import { waitUntil } from '../wait.ts';
import { makeGroup, pidsIn, readControl, removeGroup, writeControl } from './cgroup-files.ts';
import { CPU_PERIOD_US, counters, cpuQuota } from './cgroups.ts';
import type { Cgroups } from './cgroups.ts';

const FREEZE_TIMEOUT_MS = 5_000;
const CONTROLLERS = ['memory', 'cpu', 'pids'];

/** null when there is no such tree, or it hands no memory controller down to us (a container without delegation). */
export async function createCgroupsV2(clock: Clock, mount: string): Promise<Cgroups | null> {
  const parent = path.join(mount, 'dbmaker');
  if (!((await readControl(path.join(mount, 'cgroup.controllers'))) ?? '').split(' ').includes('memory')) return null;
  try {
    await handDown(mount);
    await makeGroup(parent);
    await handDown(parent);
  } catch (error) {
    if (isDbmakerError(error, 'runtime_failed')) return null; // read-only, or processes stand in the way: no limits by the kernel then
    throw error;
  }
  const group = (name: string): string => path.join(parent, name);
  const file = (name: string, control: string): string => path.join(parent, name, control);
  const event = async (name: string, from: string, counter: string): Promise<number> => counters(await readControl(file(name, from))).get(counter) ?? 0;

  return {
    async prepare(name, resources) {
      await removeGroup(clock, group(name));
      await makeGroup(group(name));
      await writeControl(file(name, 'memory.max'), String(resources.memoryBytes));
      if ((await readControl(file(name, 'memory.swap.max'))) !== null) await writeControl(file(name, 'memory.swap.max'), '0');
      await writeControl(file(name, 'pids.max'), String(resources.pids));
      await writeControl(file(name, 'cpu.max'), `${cpuQuota(resources.cpus)} ${CPU_PERIOD_US}`);
      return [file(name, 'cgroup.procs')];
    },
    joinFiles: async (name) => [file(name, 'cgroup.procs')],
    processes: (name) => pidsIn(group(name)),
    async usage(name) {
      const [memory, inactive, cpuUs, pids] = await Promise.all([
        readControl(file(name, 'memory.current')), event(name, 'memory.stat', 'inactive_file'), event(name, 'cpu.stat', 'usage_usec'), pidsIn(group(name)),
      ]);
      return memory === null ? null : { cpuMs: cpuUs / 1_000, memoryBytes: Math.max(0, Number(memory) - inactive), processes: pids.length };
    },
    outOfMemoryKills: (name) => event(name, 'memory.events', 'oom_kill'),
    canFreeze: true,
    async setFrozen(name, frozen) {
      if ((await readControl(file(name, 'cgroup.freeze'))) === null) return; // no such group: nothing in it to freeze
      await writeControl(file(name, 'cgroup.freeze'), frozen ? '1' : '0');
      const wanted = frozen ? 1 : 0;
      const done = await waitUntil(clock, async () => (await event(name, 'cgroup.events', 'frozen')) === wanted, { timeoutMs: FREEZE_TIMEOUT_MS });
      if (!done) throw new DbmakerError('runtime_failed', `The instance could not be ${frozen ? 'paused' : 'resumed'} in time.`);
    },
    isFrozen: async (name) => (await event(name, 'cgroup.events', 'frozen')) === 1,
    remove: (name) => removeGroup(clock, group(name)),
  };
}

async function handDown(directory: string): Promise<void> {
  const enabled = ((await readControl(path.join(directory, 'cgroup.subtree_control'))) ?? '').split(' ');
  const missing = CONTROLLERS.filter((one) => !enabled.includes(one));
  if (missing.length > 0) await writeControl(path.join(directory, 'cgroup.subtree_control'), missing.map((one) => `+${one}`).join(' '));
}
