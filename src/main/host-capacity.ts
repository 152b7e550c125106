import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Capacity, DiskRoom } from '../domain/capacity.ts';

/**
 * Room on the disks of `places` and in memory, and the CPUs. Never throws: what cannot be asked is left out.
 * @param places directory of each; undefined where there is none
 */
export async function readCapacity(places: Readonly<Record<DiskRoom['place'], string | undefined>>): Promise<Capacity> {
  const disks = await Promise.all(Object.entries(places).map(([place, directory]) => roomOf(place as DiskRoom['place'], directory)));
  return { memory: await memory(), cpus: availableParallelism(), disks: disks.filter((disk) => disk !== null) };
}

async function roomOf(place: DiskRoom['place'], directory: string | undefined): Promise<DiskRoom | null> {
  if (directory === undefined) return null;
  try {
    const { blocks, bavail, bsize } = await statfs(directory);
    return { place, totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    return null; // e.g. Docker's directory where we are in a container ourselves
  }
}

/** MemAvailable, as the kernel's page cache counts as free; os.freemem() does not know that on every kernel. */
async function memory(): Promise<Capacity['memory']> {
  try {
    const text = await readFile('/proc/meminfo', 'utf8');
    const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
    const [totalBytes, availableBytes] = [bytes('MemTotal'), bytes('MemAvailable')];
    return Number.isFinite(totalBytes + availableBytes) ? { totalBytes, availableBytes } : null;
  } catch {
    return null;
  }
}
