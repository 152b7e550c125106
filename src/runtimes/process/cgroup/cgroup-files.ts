import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import type { Clock } from '../../../domain/ports/clock.ts';
import { DbmakerError } from '../../../domain/errors.ts';
import { errorCode, isMissing } from '../files.ts';
import { waitUntil } from '../wait.ts';

const REMOVE_TIMEOUT_MS = 5_000;

export async function readControl(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ENODEV') return null;
    throw new DbmakerError('runtime_failed', 'A control group cannot be read.', { cause: error });
  }
}

export async function writeControl(file: string, value: string): Promise<void> {
  try {
    await writeFile(file, value);
  } catch (error) {
    throw new DbmakerError('runtime_failed', `The limits of the instance cannot be set (${file}).`, { cause: error });
  }
}

export async function pidsIn(directory: string): Promise<number[]> {
  return ((await readControl(`${directory}/cgroup.procs`)) ?? '').split('\n').filter((line) => line !== '').map(Number);
}

export async function makeGroup(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw new DbmakerError('runtime_failed', 'A control group cannot be made.', { cause: error });
  }
}

/** The kernel refuses (EBUSY) until the last process has been cleared away, which may be a moment after it ended. */
export async function removeGroup(clock: Clock, directory: string): Promise<void> {
  let last: unknown;
  const gone = await waitUntil(clock, async () => {
    try {
      await rmdir(directory);
      return true;
    } catch (error) {
      last = error;
      return isMissing(error);
    }
  }, { timeoutMs: REMOVE_TIMEOUT_MS });
  if (!gone) throw new DbmakerError('runtime_failed', 'A control group still holds processes and cannot be removed.', { cause: last });
}
