import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Backup, BackupFile } from '../../domain/backup/backup.ts';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { BackupWriter } from '../../domain/ports/backups.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import type { Pass } from '../reconciler/context.ts';
import { megabytes, progressReporter } from '../reconciler/progress.ts';
import { accessOf } from './access.ts';
import { readTar } from './tar.ts';

export const ARCHIVE = 'data.tar.gz';
/** Twice as fast as the default, and a tenth larger. */
const LEVEL = 1;

interface Made {
  readonly files: BackupFile[];
  readonly details: Backup['details'];
  readonly note: string | null;
}

/**
 * Writes all of a backup, reads it back, and records it as verified. `target`: the login of a running one; null: it does not run.
 * @throws DbmakerError: there is no verified backup
 */
export async function makeBackup(pass: Pass, backup: Backup, target: EngineTarget | null): Promise<void> {
  const { instance, ports } = pass;
  const made = await withoutRemains(pass, backup, () => make(pass, backup, target));
  // From here on its files may be all that is left.
  const expiresAt = ports.clock.now() + ports.backups.retentionMs;
  if (!(await ports.store.backups.finish(backup.id, { ...made, expiresAt }))) throw new DbmakerError('cancelled', 'Another worker has taken over this backup.');
  const bytes = made.files.reduce((sum, file) => sum + file.bytes, 0);
  await pass.report({ progress: null, reason: null, attempts: 0 }, {
    events: [{
      type: 'instance.backed-up', message: `${instance.name} was backed up; the backup is kept until ${new Date(expiresAt).toISOString().slice(0, 16)}Z.`,
      data: { backup: backup.id, format: target === null ? 'data' : backup.format, bytes, expiresAt: new Date(expiresAt).toISOString() },
    }],
  });
}

/** Half a backup on a full disk would keep everybody else from writing, the store that has to say so first of all. */
async function withoutRemains(pass: Pass, { id }: Backup, work: () => Promise<Made>): Promise<Made> {
  const { backups, log } = pass.ports;
  try {
    return await work();
  } catch (error) {
    // After a lost lease they may be another worker's; who was stopped finds them again.
    if (!isDbmakerError(error, 'cancelled')) {
      await backups.files.remove(id).catch((later: unknown) => log.warn({ err: later, backup: id }, 'half a backup could not be removed yet'));
    }
    throw error;
  }
}

async function make(pass: Pass, backup: Backup, target: EngineTarget | null): Promise<Made> {
  const { files: disk } = pass.ports.backups;
  const tell = progressReporter(pass);
  let written = 0;
  const writer = await disk.begin(backup.id, (bytes) => {
    written += bytes;
    tell({ step: 'backup', message: `Backing up: ${megabytes(written)} written`, bytes: written });
  });
  const files: BackupFile[] = [];
  const collecting: BackupWriter = {
    file: async (name, write) => {
      const file = await writer.file(name, write);
      files.push(file);
      return file;
    },
  };
  const details = target === null ? await archiveData(pass, collecting) : await dump(pass, collecting, target);
  await disk.seal(backup.id);
  const note = await verify(pass, backup, { files, details, note: null }, target, tell);
  return { files, details, note };
}

async function dump(pass: Pass, writer: BackupWriter, target: EngineTarget): Promise<Made['details']> {
  const { backup } = pass.engine;
  if (backup === null) throw new DbmakerError('unsupported', 'This kind of database cannot be dumped.');
  return backup.dump(accessOf(pass, target), writer);
}

async function archiveData(pass: Pass, writer: BackupWriter): Promise<Made['details']> {
  await writer.file(ARCHIVE, async (output) => {
    const gzip = createGzip({ level: LEVEL });
    const packing = pipeline(gzip, output);
    packing.catch(() => undefined); // pouring into it is told
    await pass.ports.runtime.exportData(pass.instance.id, gzip, { signal: pass.signal });
    await packing;
  });
  return { runtime: pass.ports.runtime.name };
}

/** By what is on the disk now. @returns what has to be noted */
async function verify(pass: Pass, { id }: Backup, made: Made, target: EngineTarget | null, tell: ReturnType<typeof progressReporter>): Promise<string | null> {
  const { files: disk } = pass.ports.backups;
  const total = Math.max(1, made.files.reduce((sum, { bytes }) => sum + bytes, 0));
  let checked = 0;
  await disk.verify(id, made.files, {
    signal: pass.signal,
    onBytes: (bytes) => {
      checked += bytes;
      tell({ step: 'verify', message: `Reading the backup back: ${megabytes(checked)} of ${megabytes(total)}`, fraction: checked / total, bytes: checked, totalBytes: total });
    },
  });
  const read = reading(pass, id, made.files);
  if (target === null) return checkArchive(pass, await read(ARCHIVE));
  await pass.engine.backup?.check(accessOf(pass, target), read, made.details);
  return null;
}

/** Opens a file of a backup by its name. */
export function reading(pass: Pass, id: string, files: readonly BackupFile[], onBytes?: (bytes: number) => void): (name: string) => ReturnType<typeof pass.ports.backups.files.read> {
  return async (name) => {
    const file = files.find((one) => one.name === name);
    if (file === undefined) throw new DbmakerError('backup_damaged', `The backup has no file ${name}.`);
    return pass.ports.backups.files.read(id, file, onBytes);
  };
}

/** @throws backup_failed while there is hope that it ends in good order */
async function checkArchive(pass: Pass, file: Awaited<ReturnType<ReturnType<typeof reading>>>): Promise<string | null> {
  const { dataArchive } = pass.engine;
  const tar = createGunzip();
  const unpacking = pipeline(file, tar);
  unpacking.catch(() => undefined); // reading is told
  const { entries, beginnings } = await readTar(tar as AsyncIterable<Buffer>, dataArchive?.files ?? []);
  await unpacking;
  if (entries === 0) throw new DbmakerError('backup_damaged', 'The archive of the data directory is empty.');
  if (dataArchive === null || dataArchive.inspect(beginnings).clean) return null;
  if (pass.instance.status.attempts < 2) throw new DbmakerError('backup_failed', 'The database was not ended in good order. It is started once more to recover, then backed up.');
  return 'The database had not been ended in good order and could not be started any more. Its files are kept as they were; it recovers by its log when it is started.';
}
