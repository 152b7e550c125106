import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { DbmakerError } from '../domain/errors.ts';

/** Linux x64 and arm64; node:fs has no constant for it. Opens a name without opening what it names. */
const O_PATH = 0o10000000;

/** A socket held by descriptor: whatever happens to its name from here on, `path` leads to what was checked. */
export interface HeldSocket {
  /** `/proc/self/fd/N`: short whatever the length of the real path, so the 108-byte limit of socket addresses does not matter. */
  readonly path: string;
  release(): void;
}

/**
 * Opens the socket `name` in `directory` without following a symlink at either, and checks that it is a socket.
 *
 * Why: the people whose code runs inside an instance can write to that directory. They may swap the socket for a symlink to, say, the
 * Docker socket between any check by name and the connect. A descriptor cannot be swapped. Calls are synchronous on purpose: opening
 * with O_PATH touches no device, takes microseconds, and never waits behind other work of the thread pool.
 * @throws DbmakerError endpoint_refused (a symlink, a file, a directory of another kind), endpoint_unreachable (nothing is there yet)
 */
export function holdSocket(directory: string, name: string): HeldSocket {
  if (process.platform !== 'linux') throw new DbmakerError('unsupported', 'Unix sockets of instances can be reached on Linux only.');
  if (!directory.startsWith('/') || name === '' || name === '.' || name === '..' || /[/\0]/.test(name) || directory.includes('\0')) {
    throw new DbmakerError('endpoint_refused', 'The address of the instance is not a socket in a directory.');
  }
  const parent = open(directory, constants.O_DIRECTORY);
  let fd: number;
  try {
    fd = open(`/proc/self/fd/${parent}/${name}`, 0);
  } finally {
    closeSync(parent);
  }
  try {
    if (!fstatSync(fd).isSocket()) throw new DbmakerError('endpoint_refused', 'What stands in the place of the instance\'s socket is not a socket.');
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let held = true;
  return {
    path: `/proc/self/fd/${fd}`,
    release() {
      if (held) closeSync(fd);
      held = false;
    },
  };
}

function open(path: string, flags: number): number {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW | flags);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new DbmakerError('endpoint_unreachable', 'The instance has no socket (yet).', { cause: error });
    if (code === 'EMFILE' || code === 'ENFILE') {
      throw new DbmakerError('endpoint_unreachable', 'The server has too many open files to reach the instance.', { cause: error });
    }
    throw new DbmakerError('endpoint_refused', 'The directory of the instance\'s socket cannot be used.', { cause: error });
  }
}
