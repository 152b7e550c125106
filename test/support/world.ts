/** What the operating system itself says: the witness that does not know DbMaker. Linux only. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { run } from './run.ts';

export interface OsProcess {
  readonly pid: number;
  readonly parent: number;
  /** Absolute; empty when it may not be read. */
  readonly cwd: string;
  readonly command: string;
}

/** Every process that is alive (zombies are not). */
export async function allProcesses(): Promise<OsProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => readProcess(Number(pid))));
  return found.filter((one) => one !== null);
}

async function readProcess(pid: number): Promise<OsProcess | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    return { pid, parent: Number(parent), cwd, command };
  } catch {
    return null; // ended while we looked
  }
}

/** Processes that work in `directory` or below it, or name it in their command line. */
export async function processesIn(directory: string): Promise<OsProcess[]> {
  const inside = `${directory}/`;
  return (await allProcesses()).filter((one) => one.pid !== process.pid && (`${one.cwd}/`.startsWith(inside) || one.command.includes(inside)));
}

/** Pids with this variable in the environment they were started with. */
export async function processesWith(variable: string, value: string): Promise<OsProcess[]> {
  const wanted = `\0${variable}=${value}\0`;
  const processes = await allProcesses();
  const marked = await Promise.all(processes.map(async ({ pid }) => `\0${await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')}`.includes(wanted)));
  return processes.filter((one, index) => one.pid !== process.pid && marked[index]);
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Host directories that are mounted in. */
  readonly mounts: readonly string[];
}

/** Containers, ended ones too, that carry a label of DbMaker (any installation's). Empty when there is no Docker. */
export async function allContainers(): Promise<Container[]> {
  const ids = (await docker('ps', '-aq', '--no-trunc', '--filter', 'label=dbmaker.instance')).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const text = await docker('inspect', ...ids);
  return (JSON.parse(text || '[]') as RawContainer[]).map((raw) => ({
    id: raw.Id,
    name: raw.Name.replace(/^\//, ''),
    running: raw.State.Running,
    labels: raw.Config.Labels ?? {},
    mounts: raw.Mounts.flatMap((mount) => mount.Source ?? []),
  }));
}

interface RawContainer {
  Id: string;
  Name: string;
  State: { Running: boolean };
  Config: { Labels: Record<string, string> | null };
  Mounts: { Source?: string }[];
}

/** Containers with something of `directory` mounted in. */
export async function containersIn(directory: string): Promise<Container[]> {
  return (await allContainers()).filter((one) => one.mounts.some((mount) => `${mount}/`.startsWith(`${directory}/`)));
}

/** Removes containers by id; those that are gone already are fine. */
export async function removeContainers(containers: readonly Container[]): Promise<void> {
  for (const { id } of containers) await docker('rm', '-f', id);
}

async function docker(...argv: string[]): Promise<string> {
  try {
    return await run('docker', argv);
  } catch (error) {
    // No docker, no daemon, or the container went away between the list and the look (then stdout has the others).
    return (error as { stdout?: string }).stdout ?? '';
  }
}

/** TCP ports that somebody listens on, with the inode of the socket. */
export async function listeningPorts(): Promise<Map<number, string>> {
  const ports = new Map<number, string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && local && inode) ports.set(Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16), inode);
    }
  }
  return ports;
}

/** Ports that this process listens on. */
export async function portsOf(pid: number): Promise<number[]> {
  const listening = await listeningPorts();
  const directory = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(directory)).map((fd) => readlink(path.join(directory, fd)).catch(() => '')));
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  return [...listening].filter(([, inode]) => inodes.has(inode)).map(([port]) => port).sort((a, b) => a - b);
}
