import { open, rename, stat } from 'node:fs/promises';
import { asFileError, isMissing } from './files.ts';
import type { InstancePaths } from './paths.ts';

const KEPT_BYTES = 5 * 1024 * 1024;
const CUT_ABOVE_BYTES = 10 * 1024 * 1024;

/** Last `bytes` of a file as text; empty where there is none. */
export async function logTail(file: string, bytes: number): Promise<string> {
  const size = await sizeOf(file);
  return size === 0 ? '' : (await readRange(file, Math.max(0, size - bytes), bytes)).toString('utf8');
}

/** Up to `length` bytes from `from`. */
export async function readRange(file: string, from: number, length: number): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return Buffer.alloc(0);
    throw asFileError(error, 'The log of the instance cannot be read.');
  }
}

/** Bytes; 0 where there is none. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw asFileError(error, 'The log of the instance cannot be looked at.');
  }
}

/**
 * Cuts a log that has grown: its last 5 MB are kept aside, the file itself becomes empty. The engine goes on writing to it (it appends,
 * so it writes at the new end); what it writes between the copy and the cut is lost, which for an engine's log is bearable.
 */
export async function cutLog(paths: InstancePaths): Promise<boolean> {
  const size = await sizeOf(paths.log);
  if (size <= CUT_ABOVE_BYTES) return false;
  const kept = await readRange(paths.log, size - KEPT_BYTES, KEPT_BYTES);
  try {
    const temporary = `${paths.oldLog}.tmp`;
    const copy = await open(temporary, 'w', 0o600);
    await copy.writeFile(kept.subarray(kept.indexOf(0x0a) + 1)).finally(() => copy.close());
    await rename(temporary, paths.oldLog);
    const log = await open(paths.log, 'r+');
    await log.truncate(0).finally(() => log.close());
    return true;
  } catch (error) {
    throw asFileError(error, 'The log of the instance cannot be cut.');
  }
}
