import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { DbmakerError } from '../../domain/errors.ts';

/** What this machine lets us do; looked at once. */
export interface Host {
  readonly root: boolean;
  /** Absolute paths. */
  readonly shell: string;
  readonly setpriv: string;
  /** null: no private network and IPC for instances here (not root, or a container that forbids it). */
  readonly unshare: string | null;
  /** An account with a name, for the one step of PostgreSQL's set-up that needs one; null: the server's own (it is not root). */
  readonly nobody: number | null;
}

/** Directories in which programs are looked for: fixed, so that nobody's PATH decides what runs as root. */
export const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function findProgram(name: string): string | null {
  for (const directory of SEARCH_PATH.split(':')) {
    try {
      accessSync(`${directory}/${name}`, constants.X_OK);
      return `${directory}/${name}`;
    } catch {
      // not in this one
    }
  }
  return null;
}

/** @throws DbmakerError runtime_unavailable: not Linux, or a program of the base system is missing */
export async function inspectHost(): Promise<Host> {
  if (process.platform !== 'linux') {
    throw new DbmakerError('runtime_unavailable', 'The embedded runtime works on Linux only.', { remedy: 'Install Docker, or run DbMaker on Linux.' });
  }
  const missing = ['sh', 'setpriv', 'flock', 'cp', 'mv', 'rm', 'sync', 'du'].filter((name) => findProgram(name) === null);
  const [shell, setpriv] = [findProgram('sh'), findProgram('setpriv')];
  if (missing.length > 0 || shell === null || setpriv === null) {
    throw new DbmakerError('runtime_unavailable', `The embedded runtime needs ${missing.join(', ')}.`, { remedy: 'apt-get install util-linux coreutils' });
  }
  const root = process.getuid?.() === 0;
  return { root, shell, setpriv, unshare: root ? await isolation() : null, nobody: root ? accountOf('nobody') : null };
}

/** Containers often forbid new namespaces even to root: tried out instead of guessed. */
async function isolation(): Promise<string | null> {
  const unshare = findProgram('unshare');
  if (unshare === null) return null;
  try {
    await promisify(execFile)(unshare, ['--net', '--ipc', '--', 'true'], { timeout: 5_000 });
    return unshare;
  } catch {
    return null; // forbidden here: the instance then shares them, as any program of this machine
  }
}

/** Uid of an account of this machine. @throws DbmakerError runtime_unavailable */
function accountOf(name: string): number {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((one) => one.startsWith(`${name}:`));
  const uid = Number(line?.split(':')[2]);
  if (line === undefined || !Number.isInteger(uid) || uid === 0) {
    throw new DbmakerError('runtime_unavailable', `The embedded runtime needs the system's unprivileged account "${name}".`, { remedy: `useradd --system --no-create-home ${name}` });
  }
  return uid;
}

/** No account of any machine has such a number: a process under it is an instance's. */
export const UID_BASE = 1_900_000_000;
/** Each installation of a machine takes its uids from one of so many blocks; the last ends below 2^31, which not every program takes. */
const UID_BLOCKS = 3_700;
const UID_BLOCK_SIZE = 65_536;
const SMALL_UID_BASE = 40_000;

/**
 * A uid of its own for each instance: far above what accounts use, or, where the machine maps only some (a container), above 40,000.
 * @param ordinal unique among the instances of the installation, below 65,536
 * @param uidMap text of /proc/self/uid_map
 * @param homeId keeps apart the installations of one machine, which may give the same ordinal
 * @returns null when neither is mapped
 */
export function uidFor(ordinal: number, uidMap: string, homeId: string): number | null {
  const ranges = uidMap.split('\n').map((line) => line.trim().split(/\s+/).map(Number)).filter((fields) => fields.length === 3);
  const isMapped = (uid: number): boolean => ranges.some(([first = 0, , count = 0]) => uid >= first && uid < first + count);
  const block = createHash('sha256').update(homeId).digest().readUInt32BE(0) % UID_BLOCKS;
  return [UID_BASE + block * UID_BLOCK_SIZE + ordinal, SMALL_UID_BASE + ordinal].find((uid) => isMapped(uid) && uid !== 65_534 && uid !== 65_535) ?? null;
}
