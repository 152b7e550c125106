/** What a process costs, by /proc. */
import { readdir, readFile, readlink } from 'node:fs/promises';

const MS_PER_TICK = 10; // of /proc's clock: 100 a second on every Linux that Node runs on

/** Every process that has the listening TCP socket of this port (of any address): master and workers, or several side by side. */
export async function listenersOf(port: number): Promise<number[]> {
  const inodes = await listeningInodes(port);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const holds = await Promise.all(pids.map(async (pid) => (await descriptors(pid)).some((link) => inodes.has(link))));
  return pids.filter((_, index) => holds[index]);
}

async function listeningInodes(port: number): Promise<Set<string>> {
  const found = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && local !== undefined && Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16) === port) found.add(`socket:[${inode}]`);
    }
  }
  return found;
}

async function descriptors(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []); // ended while we looked
  return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
}

/** CPU time that they have used so far, all threads, milliseconds. */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  const times = await Promise.all(pids.map(async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return stat === '' ? 0 : (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }));
  return times.reduce((sum, time) => sum + time, 0);
}

/** Memory that is theirs (RSS) together, megabytes. */
export async function residentMegabytes(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(pids.map(async (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024));
  return sizes.reduce((sum, size) => sum + size, 0);
}
