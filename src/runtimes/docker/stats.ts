import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type Docker from 'dockerode';
import { DbmakerError } from '../../domain/errors.ts';
import type { Stats } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { exec } from './exec.ts';
import { statusOf } from './errors.ts';
import { findContainer } from './find.ts';
import { instanceDirectories } from './names.ts';

const BLOCK_BYTES = 512;

/** @throws not_running */
export async function stats(context: DockerContext, id: string, { disk = true }: { disk?: boolean } = {}): Promise<Stats> {
  // The monitor asks for all of them every minute: the container that was seen last is taken to be the one, and Docker says so if it is not.
  const known = disk ? undefined : context.lastSeen.get(id);
  const usage = known === undefined ? null : await usageOf(context, known);
  if (usage !== null) return { ...usage, diskBytes: 0 };
  const container = await findContainer(context, id);
  const measured = container === null || !container.State.Running ? null : await usageOf(context, container.Id);
  if (container === null || measured === null) throw new DbmakerError('not_running', 'The instance does not run.');
  return { ...measured, diskBytes: disk ? await diskBytes(context, id, container) : 0 };
}

/** null: there is no such container, or it does not run. */
async function usageOf({ client }: DockerContext, containerId: string): Promise<Omit<Stats, 'diskBytes'> | null> {
  try {
    const measured = await client.call('measure the container', (abortSignal) => {
      // one-shot: without waiting a second for a second sample
      const query = { stream: false as const, 'one-shot': true, abortSignal };
      return client.docker.getContainer(containerId).stats(query);
    });
    const processes = measured.pids_stats?.current ?? 0; // an ended one is answered with zeros
    return processes === 0 ? null : { cpuMs: measured.cpu_stats.cpu_usage.total_usage / 1e6, memoryBytes: usedMemory(measured.memory_stats), processes };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Without the page cache that can be given back at once, as `docker stats` counts. cgroup v1 and v2 name it differently. */
function usedMemory(memory: Docker.MemoryStats): number {
  const details = memory.stats as Readonly<Record<string, number>> | undefined;
  const cache = details?.['total_inactive_file'] ?? details?.['inactive_file'] ?? 0;
  return Math.max(0, memory.usage - cache);
}

/** Bytes on disk below the data directory. */
async function diskBytes(context: DockerContext, id: string, container: Docker.ContainerInspectInfo): Promise<number> {
  const { data } = instanceDirectories(context.home, id);
  try {
    return await treeBytes(data);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw new DbmakerError('runtime_failed', 'The size of the data could not be measured.', { cause: error });
    // Not root: the container can tell.
    const target = container.Mounts.find(({ Source }) => Source === data)?.Destination;
    if (target === undefined || container.State.Paused) return 0;
    const { stdout } = await exec(context, id, ['du', '-sk', target]);
    return (Number.parseInt(stdout, 10) || 0) * 1024;
  }
}

/** Follows no links. Files that vanish meanwhile count nothing: the engine is at work in there. */
async function treeBytes(directory: string): Promise<number> {
  let sum = 0;
  const pending = [directory];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const here = at;
    const entries: Dirent[] = await readdir(here, { withFileTypes: true }).catch(vanished([]));
    for (const entry of entries) {
      const file = path.join(here, entry.name);
      if (entry.isDirectory()) pending.push(file);
      sum += (await lstat(file).catch(vanished({ blocks: 0 }))).blocks * BLOCK_BYTES;
    }
  }
  return sum;
}

function vanished<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return instead;
    throw error;
  };
}
