import { accessSync, constants } from 'node:fs';
import type { Clock } from '../../../domain/ports/clock.ts';
import { createCgroupsV1 } from './cgroup-v1.ts';
import { createCgroupsV2 } from './cgroup-v2.ts';
import type { Cgroups } from './cgroups.ts';

const MOUNT = '/sys/fs/cgroup';

/** The control groups of this machine, or null where we may not make any (not root, read-only): engines then limit themselves. */
export async function findCgroups(clock: Clock, root: boolean): Promise<Cgroups | null> {
  if (!root || !isWritable(`${MOUNT}/cgroup.procs`) && !isWritable(`${MOUNT}/memory/cgroup.procs`)) return null;
  return (await createCgroupsV2(clock, MOUNT)) ?? createCgroupsV1(clock, MOUNT);
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
