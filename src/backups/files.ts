import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ifThere } from '../domain/absent.ts';
import type { BackupFile } from '../domain/backup/backup.ts';
import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import type { BackupFiles, BackupWriter } from '../domain/ports/backups.ts';
import { FileWriter } from './file-writer.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Backups below `<home>/backups`, each in a directory that is named by its id. */
export function createBackupFiles(home: string): BackupFiles {
  const parent = path.join(path.resolve(home), 'backups');
  /** Checked where they are made; here again, because these paths are removed recursively. */
  const directoryOf = (id: string): string => {
    if (!/^[a-z][a-z0-9]{2,31}$/.test(id)) throw new DbmakerError('not_found', 'There is no such backup.');
    return path.join(parent, id);
  };
  const fileOf = (id: string, name: string): string => {
    if (!/^[a-z0-9][a-z0-9.-]{0,99}$/.test(name)) throw new DbmakerError('internal', 'A file of a backup has a name that is none.');
    return path.join(directoryOf(id), name);
  };

  return {
    async begin(id, onBytes) {
      const directory = directoryOf(id);
      await working('make its directory', async () => {
        await mkdir(parent, { recursive: true, mode: 0o700 });
        await chmod(parent, 0o700);
        await rm(directory, { recursive: true, force: true });
        await mkdir(directory, { mode: 0o700 });
      });
      const writer: BackupWriter = {
        file: async (name, write) => {
          const file = fileOf(id, name);
          const handle = await working('make a file', () => open(file, 'wx', 0o600));
          const output = new FileWriter(handle, onBytes, (error) => failed('write to its file', error));
          const ended = output.ended();
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

    async seal(id) {
      await working('make it durable', async () => {
        for (const directory of [directoryOf(id), parent, path.dirname(parent)]) await sync(directory);
      });
    },

    async verify(id, files, { signal, onBytes } = {}) {
      for (const file of files) {
        const handle = await openBackup(fileOf(id, file.name), file);
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

    async read(id, file, onBytes) {
      const handle = await openBackup(fileOf(id, file.name), file);
      return Readable.from(closing(handle, onBytes), { objectMode: false, highWaterMark: CHUNK_BYTES });
    },

    async remove(id) {
      const directory = directoryOf(id);
      await working('be removed', () => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
      if (await working('be looked at', () => ifThere(lstat(directory))) !== null) throw new DbmakerError('backup_failed', 'The files of the backup are still there after their removal.');
    },

    async names() {
      return await working('be listed', () => ifThere(readdir(parent))) ?? []; // null: no backup was ever made
    },
  };
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
    return new DbmakerError('disk_full', 'The disk of the server has no room for the backup.', { cause: error, remedy: 'Make room on the disk that holds DBMAKER_HOME; it is tried again by itself.' });
  }
  return new DbmakerError('backup_failed', `The backup could not ${doing} (${code ?? 'unknown error'}).`, { cause: error });
}

function damaged({ name }: Pick<BackupFile, 'name'>, why: string): DbmakerError {
  return new DbmakerError('backup_damaged', `The backup is damaged: ${name} is not as it was written, ${why}. Nothing was restored from it.`, { remedy: 'Use another backup, or a copy of this one\'s files.' });
}
