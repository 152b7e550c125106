import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rm, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ifThere } from '../domain/absent.ts';
import type { BackupFile } from '../domain/backup/backup.ts';
import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import type { BackupFiles, BackupPlace, BackupWriter } from '../domain/ports/backups.ts';
import { FileWriter } from './file-writer.ts';

const CHUNK_BYTES = 1024 * 1024;
/** The room on the disk is looked at so often. */
const LOOK_BYTES = 256 * 1024;
/** What the store needs to write on, and databases to end in good order: little, and on a large disk no more for that. Alerts come long before. */
const RESERVE_BYTES = 1024 ** 3;
const RESERVE_PART = 100;

export interface BackupFilesOptions {
  /** What backups leave free of the disk, bytes; null: a hundredth of it, at most 1 GiB. */
  readonly reserveBytes: number | null;
}

/** Backups below `<home>/backups`, each in a directory that is named by its id, with one for each try in it (0: none of its own). */
export function createBackupFiles(home: string, { reserveBytes }: BackupFilesOptions = { reserveBytes: null }): BackupFiles {
  const parent = path.join(path.resolve(home), 'backups');
  /** Checked where they are made; here again, because these paths are removed recursively. */
  const allOf = (id: string): string => {
    if (!/^[a-z][a-z0-9]{2,31}$/.test(id)) throw new DbmakerError('not_found', 'There is no such backup.');
    return path.join(parent, id);
  };
  const directoryOf = ({ id, attempt }: BackupPlace): string => {
    if (!Number.isSafeInteger(attempt) || attempt < 0) throw new DbmakerError('internal', 'The try of a backup has a number that is none.');
    return attempt === 0 ? allOf(id) : path.join(allOf(id), String(attempt));
  };
  const fileOf = (place: BackupPlace, name: string): string => {
    if (!/^[a-z0-9][a-z0-9.-]{0,99}$/.test(name)) throw new DbmakerError('internal', 'A file of a backup has a name that is none.');
    return path.join(directoryOf(place), name);
  };
  const requireRoom = async (bytes = 0): Promise<void> => {
    const { blocks, bavail, bsize } = await working('look at the disk', () => statfs(path.dirname(parent)));
    const reserve = reserveBytes ?? Math.min(RESERVE_BYTES, (blocks * bsize) / RESERVE_PART);
    if (bavail * bsize - bytes < reserve) throw diskFull();
  };

  return {
    requireRoom: () => requireRoom(),

    async begin(place, { claim, onBytes = () => undefined }) {
      const directory = directoryOf(place);
      await requireRoom();
      await working('make its directory', async () => {
        await mkdir(parent, { recursive: true, mode: 0o700 });
        await chmod(parent, 0o700);
        await removeEarlier(allOf(place.id), place.attempt);
        await mkdir(directory, { recursive: true, mode: 0o700 });
      });
      let [asked, looked] = [0, 0];
      const hooks = {
        onBytes,
        claim: async (bytes: number) => {
          asked += bytes;
          await claim(asked);
          if (asked - looked < LOOK_BYTES) return;
          await requireRoom(bytes + LOOK_BYTES); // up to the next look
          looked = asked;
        },
      };
      const writer: BackupWriter = {
        file: async (name, write) => {
          const file = fileOf(place, name);
          const handle = await working('make a file', () => open(file, 'wx', 0o600));
          const output = new FileWriter(handle, hooks, (error) => failed('write to its file', error));
          const ended = output.ended();
          ended.catch(() => undefined); // told below; until then nobody waits for it, and the process would end
          try {
            await write(output);
            if (!output.writableEnded) output.end();
            return { name, ...(await ended) };
          } catch (error) {
            output.destroy();
            await ended.catch(() => undefined); // `error` is what it ended with, or what came before
            // A full disk ends everything else around it: that is then the reason, not what the others say of it.
            throw output.reason ?? error;
          }
        },
      };
      return writer;
    },

    async seal(place) {
      await working('make it durable', async () => {
        for (const directory of new Set([directoryOf(place), allOf(place.id), parent, path.dirname(parent)])) await sync(directory);
      });
    },

    async verify(place, files, { signal, onBytes } = {}) {
      for (const file of files) {
        const handle = await openBackup(fileOf(place, file.name), file);
        try {
          const hash = createHash('sha256');
          for await (const chunk of chunksOf(handle)) {
            if (signal?.aborted === true) throw new DbmakerError('cancelled', 'The check of the backup was called off.');
            hash.update(chunk);
            onBytes?.(chunk.length);
          }
          if (hash.digest('hex') !== file.sha256) throw damaged(file, 'its checksum is another one');
        } finally {
          await handle.close();
        }
      }
    },

    async read(place, file, onBytes) {
      const handle = await openBackup(fileOf(place, file.name), file);
      return Readable.from(closing(handle, onBytes), { objectMode: false, highWaterMark: CHUNK_BYTES });
    },

    async giveUp(place) {
      await working('be removed', () => removeEarlier(allOf(place.id), place.attempt + 1));
    },

    async remove(id) {
      const directory = allOf(id);
      await working('be removed', () => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
      if (await working('be looked at', () => ifThere(lstat(directory))) !== null) throw new DbmakerError('backup_failed', 'The files of the backup are still there after their removal.');
    },

    async names() {
      return await working('be listed', () => ifThere(readdir(parent))) ?? []; // null: no backup was ever made
    },
  };
}

/** What has a lower number, and files that lie beside (they are of before there were numbers). Another worker's later try is left alone. */
async function removeEarlier(directory: string, attempt: number): Promise<void> {
  for (const entry of await ifThere(readdir(directory, { withFileTypes: true })) ?? []) {
    if (entry.isDirectory() && Number(entry.name) >= attempt) continue;
    await rm(path.join(directory, entry.name), { recursive: true, force: true, maxRetries: 3 });
  }
}

async function openBackup(file: string, { name, bytes }: BackupFile): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? damaged({ name }, 'it is missing') : failed('be read', error);
  }
  const { size } = await handle.stat();
  if (size === bytes) return handle;
  await handle.close();
  throw damaged({ name }, `it has ${String(size)} bytes and should have ${String(bytes)}`);
}

async function* closing(handle: FileHandle, onBytes?: (bytes: number) => void): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of chunksOf(handle)) {
      onBytes?.(chunk.length);
      yield chunk;
    }
  } finally {
    await handle.close();
  }
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    let read;
    try {
      read = await handle.read(Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    } catch (error) {
      throw failed('be read', error);
    }
    if (read.bytesRead === 0) return;
    yield read.buffer.subarray(0, read.bytesRead);
  }
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function working<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(doing, error);
  }
}

function failed(doing: string, error: unknown): DbmakerError {
  if (isDbmakerError(error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return diskFull(error);
  }
  return new DbmakerError('backup_failed', `The backup could not ${doing} (${code ?? 'unknown error'}).`, { cause: error });
}

function diskFull(cause?: unknown): DbmakerError {
  return new DbmakerError('disk_full', 'The disk of the server has no room for the backup.', { cause, remedy: 'Make room on the disk that holds DBMAKER_HOME; it is tried again by itself.' });
}

function damaged({ name }: Pick<BackupFile, 'name'>, why: string): DbmakerError {
  return new DbmakerError('backup_damaged', `The backup is damaged: ${name} is not as it was written, ${why}. Nothing was restored from it.`, { remedy: 'Use another backup, or a copy of this one\'s files.' });
}
