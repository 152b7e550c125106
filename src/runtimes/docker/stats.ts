import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type Docker from 'dockerode';
import { DbmakerError } from '../../domain/errors.ts';
import type { Stats } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { exec } from './exec.ts';
import { findContainer } from './find.ts';
import { instanceDirectories } from './names.ts';

const BLOCK_BYTES = 512;

/** @throws not_running */
export async function stats(context: DockerContext, id: string): Promise<Stats> {
  const { client } = context;
  const container = await findContainer(context, id);
  if (container === null || !container.State.Running) throw new DbmakerError('not_running', 'The instance does not run.');
  const measured = await client.call('measure the container', (abortSignal) => {
    // one-shot: without waiting a second for a second sample
    const query = { stream: false as const, 'one-shot': true, abortSignal };
    return client.docker.getContainer(container.Id).stats(query);
  });
  return {
    cpuMs: measured.cpu_stats.cpu_usage.total_usage / 1e6,
    memoryBytes: usedMemory(measured.memory_stats),
    diskBytes: await diskBytes(context, id, container),
    processes: measured.pids_stats?.current ?? 0,
  };
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
