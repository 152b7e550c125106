import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { DbmakerError } from '../../domain/errors.ts';

/** What this machine lets us do; looked at once. */
export interface Host {
  readonly root: boolean;
  /** Absolute paths. */
  readonly shell: string;
  readonly setpriv: string;
  /** A command to put before a program, which then has a network and IPC of its own; empty where that is not possible (not root, or a container that forbids it). */
  readonly isolation: readonly string[];
  /** Directories of this machine that everybody can write to and that an isolated instance gets empty ones of its own for. */
  readonly privateDirectories: readonly string[];
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
  return { root, shell, setpriv, ...(root ? await isolation() : { isolation: [], privateDirectories: [] }), nobody: root ? accountOf('nobody') : null };
}

/**
 * What an owner leaves in these would outlive the instance: memory in /dev/shm beyond every limit, and files that the next owner of the
 * uid finds. Neighbours could meet there, too.
 */
export const SHARED_DIRECTORIES: readonly string[] = ['/tmp', '/var/tmp', '/dev/shm', '/dev/mqueue', '/run/lock'];

/** Containers often forbid new namespaces, or mounts in them, even to root: tried out instead of guessed. */
async function isolation(): Promise<Pick<Host, 'isolation' | 'privateDirectories'>> {
  const unshare = findProgram('unshare');
  if (unshare === null) return { isolation: [], privateDirectories: [] };
  const works = async (command: readonly string[], ...program: string[]): Promise<boolean> =>
    promisify(execFile)(unshare, [...command.slice(1), ...program], { timeout: 5_000, env: { PATH: SEARCH_PATH } }).then(() => true, () => false);
  // slave: what the machine unmounts is unmounted inside, too; else an instance would keep a disk busy
  const own = [unshare, '--net', '--ipc', '--mount', '--propagation', 'slave', '--'];
  if (await works(own, 'mount', '-n', '-t', 'tmpfs', 'tmpfs', '/tmp')) return { isolation: own, privateDirectories: SHARED_DIRECTORIES.filter(isDirectory) };
  const without = [unshare, '--net', '--ipc', '--'];
  // forbidden here: the instance then shares them, as any program of this machine
  return { isolation: await works(without, 'true') ? without : [], privateDirectories: [] };
}

function isDirectory(directory: string): boolean {
  return lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
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
