import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Backup, BackupFile } from '../../domain/backup/backup.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { BackupPlace, BackupWriter } from '../../domain/ports/backups.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import type { Pass } from '../reconciler/context.ts';
import { megabytes, progressReporter } from '../reconciler/progress.ts';
import { accessOf } from './access.ts';
import { sealedLogin } from './login.ts';
import { readTar } from './tar.ts';

export const ARCHIVE = 'data.tar.gz';
/** Twice as fast as the default, and a tenth larger. */
const LEVEL = 1;
/** Room in the quota is claimed in steps of so much: small, because of two backups at once each may hold a step that the other one needs. */
const CLAIM_BYTES = 16 * 1024 * 1024;

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
  const { instance, ports, lease } = pass;
  const attempt = await ports.store.backups.beginAttempt(lease, backup.id);
  if (attempt === null) throw takenOver();
  const place = { id: backup.id, attempt };
  const made = await withoutRemains(pass, place, () => make(pass, place, target));
  // From here on its files may be all that is left.
  const expiresAt = ports.clock.now() + ports.backups.retentionMs;
  if (!(await ports.store.backups.finish(lease, place, { ...made, expiresAt, login: sealedLogin(pass, backup.id, target) }))) throw takenOver();
  const bytes = made.files.reduce((sum, file) => sum + file.bytes, 0);
  await pass.report({ progress: null, reason: null, attempts: 0 }, {
    events: [{
      type: 'instance.backed-up', message: `${instance.name} was backed up; the backup is kept until ${new Date(expiresAt).toISOString().slice(0, 16)}Z.`,
      data: { backup: backup.id, format: target === null ? 'data' : backup.format, bytes, expiresAt: new Date(expiresAt).toISOString() },
    }],
  });
}

/**
 * Gives back what tries left that were cut off: their files, for which there may be no room to try again beside them, and what they claimed, which may be
 * all that another backup of this owner needs. None of them can be finished once there is a later one, whatever became of its last words to the store.
 */
export async function clearRemains({ lease, ports: { backups, store } }: Pass, { id }: Backup): Promise<void> {
  const attempt = await store.backups.beginAttempt(lease, id);
  if (attempt === null) throw takenOver();
  await backups.files.giveUp({ id, attempt });
  await store.backups.claim({ id, attempt }, { need: 0, wish: 0 });
}

function takenOver(): DbmakerError {
  return new DbmakerError('cancelled', 'Another worker has taken over this backup.');
}

/**
 * Half a backup on a full disk would keep everybody else from writing, the store that has to say so first of all; and it would count against the quota of
 * its owner. No file of a later try goes: whoever has been frozen may not know yet that another worker is at it.
 */
async function withoutRemains(pass: Pass, place: BackupPlace, work: () => Promise<Made>): Promise<Made> {
  const { backups, store, log } = pass.ports;
  try {
    return await work();
  } catch (error) {
    try {
      await backups.files.giveUp(place);
      await store.backups.claim(place, { need: 0, wish: 0 });
    } catch (later) {
      log.warn({ err: later, backup: place.id }, 'half a backup could not be removed yet');
    }
    throw error;
  }
}

/** Claims room in the owner's quota ahead of what is written, so that not every piece costs a transaction. */
function claiming({ ports }: Pass, place: BackupPlace): (bytes: number) => Promise<void> {
  let claimed = 0;
  return async (bytes) => {
    if (bytes <= claimed) return;
    const granted = await ports.store.backups.claim(place, { need: bytes, wish: bytes + CLAIM_BYTES });
    if (granted === null) throw takenOver();
    claimed = granted;
  };
}

async function make(pass: Pass, place: BackupPlace, target: EngineTarget | null): Promise<Made> {
  const { files: disk } = pass.ports.backups;
  const tell = progressReporter(pass);
  let written = 0;
  const writer = await disk.begin(place, {
    claim: claiming(pass, place),
    onBytes: (bytes) => {
      written += bytes;
      tell({ step: 'backup', message: `Backing up: ${megabytes(written)} written`, bytes: written });
    },
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
  await disk.seal(place);
  const note = await verify(pass, place, { files, details, note: null }, target, tell);
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
async function verify(pass: Pass, place: BackupPlace, made: Made, target: EngineTarget | null, tell: ReturnType<typeof progressReporter>): Promise<string | null> {
  const { files: disk } = pass.ports.backups;
  const total = Math.max(1, made.files.reduce((sum, { bytes }) => sum + bytes, 0));
  let checked = 0;
  await disk.verify(place, made.files, {
    signal: pass.signal,
    onBytes: (bytes) => {
      checked += bytes;
      tell({ step: 'verify', message: `Reading the backup back: ${megabytes(checked)} of ${megabytes(total)}`, fraction: checked / total, bytes: checked, totalBytes: total });
    },
  });
  const read = reading(pass, place, made.files);
  if (target === null) return checkArchive(pass, await read(ARCHIVE));
  await pass.engine.backup?.check(accessOf(pass, target), read, made.details);
  return null;
}

/** Opens a file of a backup by its name. */
export function reading(pass: Pass, place: BackupPlace, files: readonly BackupFile[], onBytes?: (bytes: number) => void): (name: string) => ReturnType<typeof pass.ports.backups.files.read> {
  return async (name) => {
    const file = files.find((one) => one.name === name);
    if (file === undefined) throw new DbmakerError('backup_damaged', `The backup has no file ${name}.`);
    return pass.ports.backups.files.read(place, file, onBytes);
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
