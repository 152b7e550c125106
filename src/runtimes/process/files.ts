import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, opendir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { DbmakerError, asDbmakerError } from '../../domain/errors.ts';

/** Text of a file, or null where there is none. */
export async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw asFileError(error, `${path.basename(file)} cannot be read.`);
  }
}

/**
 * A small text out of a directory that an instance's owner can write: opened without following a symlink and without waiting for a pipe
 * that they put there. null where there is none, or something else than a file.
 */
export async function readHostileText(file: string, mostBytes: number): Promise<string | null> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) return null;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ELOOP' || errorCode(error) === 'ENXIO') return null;
    throw asFileError(error, `${path.basename(file)} cannot be read.`);
  }
}

/** Replaces a file so that a kill or a power cut leaves the old or the new text, never half of one. Mode 0600. */
export async function writeText(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw asFileError(error, `${path.basename(file)} cannot be written.`);
  }
}

export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw asFileError(error, `${path.basename(file)} cannot be looked at.`);
  }
}

/** Whether there is something of that name; a symlink counts, wherever it leads: its owner must not learn from us what is there. */
export async function existsHostile(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw asFileError(error, `${path.basename(file)} cannot be looked at.`);
  }
}

/**
 * Names in a directory; none where there is no such directory. `most`: at most so many, in no order. What an instance's owner can write
 * to may hold millions, which nobody has to read to see whether there are any.
 */
export async function listDirectory(directory: string, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(directory, { bufferSize: Math.min(most, 1024) })) {
      names.push(name);
      if (names.length >= most) break;
    }
    return names;
  } catch (error) {
    if (isMissing(error)) return [];
    throw asFileError(error, `${directory} cannot be read.`);
  }
}

/** Makes a directory and those above it, if missing. */
export async function makeDirectory(directory: string, mode: number): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode });
  } catch (error) {
    throw asFileError(error, `${directory} cannot be made.`);
  }
}

export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH';
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** disk_full where that is the cause, else runtime_failed; ours as they are. */
export function asFileError(error: unknown, text: string): DbmakerError {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new DbmakerError('disk_full', 'The disk of the server is full.', { cause: error, remedy: 'Make room on the disk that holds DBMAKER_HOME.' });
  return asDbmakerError(error, 'runtime_failed', text);
}
