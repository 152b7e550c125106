import { Readable } from 'node:stream';
import type { Backup } from '../domain/backup/backup.ts';
import { END_OF_ARCHIVE, endFor, headerFor } from '../domain/backup/tar.ts';
import { DbmakerError } from '../domain/errors.ts';
import type { BackupFiles } from '../domain/ports/backups.ts';
import type { Store } from '../domain/ports/store.ts';
import type { User } from '../domain/user/user.ts';
import type { Caller } from './caller.ts';

/** The backup if the caller may see it. @throws not_found, the same whether it belongs to somebody else, is not complete, or does not exist */
export async function visibleBackup(store: Store, caller: Caller, id: string): Promise<Backup> {
  const backup = await store.backups.get(id);
  if (backup?.state === 'verified' && (backup.ownerId === caller.user.id || caller.isAdmin)) return backup;
  throw new DbmakerError('not_found', 'There is no such backup.');
}

/** Whose a database becomes that is made from it: also when an admin does that, it stays its owner's. */
export async function ownerOf(store: Store, caller: Caller, backup: Backup): Promise<User> {
  if (backup.ownerId === caller.user.id) return caller.user;
  const owner = await store.users.get(backup.ownerId);
  if (owner === null) throw new DbmakerError('not_found', 'The owner of this backup does not exist any more.');
  return owner;
}

/**
 * What a download sends: the file, or where there are several a tar of them. It reads no faster than the client does.
 * @throws backup_damaged when a file is missing or too short
 */
export async function backupStream(
  files: Pick<BackupFiles, 'read'>, backup: Backup, log: { warn(fields: object, text: string): void },
): Promise<{ content: Readable; name: string; bytes: number }> {
  const day = new Date(backup.createdAt).toISOString().slice(0, 10);
  const [first, ...more] = backup.files;
  if (first === undefined) throw new DbmakerError('backup_damaged', 'The backup has no files.');
  if (more.length === 0) return { content: await files.read(backup, first), name: `${backup.of.slug}-${day}-${first.name}`, bytes: first.bytes };
  async function* archive(): AsyncGenerator<Buffer> {
    try {
      for (const file of backup.files) {
        yield headerFor(file.name, file.bytes, Math.floor(backup.createdAt / 1000));
        for await (const chunk of await files.read(backup, file)) yield chunk as Buffer;
        yield endFor(file.bytes);
      }
      yield END_OF_ARCHIVE;
    } catch (error) {
      log.warn({ err: error, backup: backup.id }, 'a download of a backup ended early');
      throw error;
    }
  }
  const bytes = backup.files.reduce((sum, file) => sum + headerFor('', 0).length + file.bytes + endFor(file.bytes).length, END_OF_ARCHIVE.length);
  return { content: Readable.from(archive(), { objectMode: false }), name: `${backup.of.slug}-${day}.tar`, bytes };
}
