import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Backup } from '../../domain/backup/backup.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import type { Pass } from '../reconciler/context.ts';
import { megabytes, progressReporter } from '../reconciler/progress.ts';
import { accessOf } from './access.ts';
import { ARCHIVE, reading } from './make.ts';
import { tarOf } from './tar.ts';

/** Whether data of a backup still have to be put into this instance. */
export function wantsRestore({ instance }: Pass): boolean {
  return instance.spec.restoreFrom !== undefined && instance.status.restored !== true && !instance.status.provisioned;
}

/**
 * Before the first start: what goes in as files. Nothing where the backup goes into a running one. Can be repeated: what a call that was cut off
 * has made is replaced, as long as nobody has reported that it is complete.
 * @throws backup_damaged, not_found: there is no such backup any more; the backup itself is only ever read
 */
export async function restoreData(pass: Pass): Promise<void> {
  if (!wantsRestore(pass)) return;
  const { instance, engine, ports, signal } = pass;
  const backup = await backupOf(pass);
  const seed = engine.backup?.seed ?? null;
  if (backup.format !== 'data' && seed === null) return;
  await verified(pass, backup);
  const read = following(pass, backup);
  if (backup.format === 'data') {
    const tar = createGunzip();
    pipeline(await read(ARCHIVE), tar).catch(() => undefined); // `tar` ends with it
    await ports.runtime.importData(pass.workload(), tar, { mode: 'whole', signal });
  } else if (seed !== null) {
    await ports.runtime.importData(pass.workload(), tarOf(await seed(read, backup.details)), { mode: 'added', signal });
  }
  await pass.report({ restored: true, progress: { step: 'start', message: 'Starting' } });
  ports.log.info({ instance: instance.id, backup: backup.id }, 'the data of a backup are in place');
}

/** After the first start, before anybody is let in: what goes into a running one. @returns whether something was restored */
export async function restoreInto(pass: Pass, target: EngineTarget): Promise<boolean> {
  if (!wantsRestore(pass)) return false;
  const { engine } = pass;
  const backup = await backupOf(pass);
  const restore = engine.backup?.restore ?? null;
  if (backup.format === 'data' || restore === null) return false;
  await verified(pass, backup);
  await restore(accessOf(pass, target), following(pass, backup), backup.details);
  return true;
}

async function backupOf({ instance, engine, ports }: Pass): Promise<Backup> {
  const backup = await ports.store.backups.get(instance.spec.restoreFrom ?? '');
  if (backup?.state !== 'verified' || backup.ownerId !== instance.ownerId) throw new DbmakerError('not_found', 'The backup that this database was to be made from does not exist any more.');
  if (backup.format !== 'data' && backup.format !== engine.backup?.format) throw new DbmakerError('unsupported', 'The backup is of another kind of database.');
  return backup;
}

/** All of it, before the first byte is used. */
async function verified(pass: Pass, backup: Backup): Promise<void> {
  await pass.ports.backups.files.verify(backup, backup.files, { signal: pass.signal, onBytes: teller(pass, backup, { step: 'verify', doing: 'Checking the backup' }) });
}

/** Reads the backup's files and tells how far that is. */
function following(pass: Pass, backup: Backup): ReturnType<typeof reading> {
  return reading(pass, backup, backup.files, teller(pass, backup, { step: 'restore', doing: 'Restoring' }));
}

function teller(pass: Pass, { bytes: totalBytes }: Backup, { step, doing }: { step: string; doing: string }): (bytes: number) => void {
  const tell = progressReporter(pass);
  let done = 0;
  return (bytes) => {
    done += bytes;
    tell({ step, message: `${doing}: ${megabytes(done)} of ${megabytes(totalBytes)}`, fraction: Math.min(1, done / Math.max(1, totalBytes)), bytes: done, totalBytes });
  };
}
