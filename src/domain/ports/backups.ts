import type { Readable, Writable } from 'node:stream';
import type { Backup, BackupFile } from '../backup/backup.ts';

/** The files of one try to make a backup; those that its row names are the backup. */
export type BackupPlace = Pick<Backup, 'id' | 'attempt'>;

export interface WritingHooks {
  /** Asked before each piece is written, with all bytes of the try up to its end; what it throws ends the writing. */
  readonly claim: (bytes: number) => Promise<void>;
  /** Told of every piece that was written. */
  readonly onBytes?: (bytes: number) => void;
}

/** Where a backup that is being made writes. */
export interface BackupWriter {
  /**
   * Adds one file: `write` pours into the stream and ends it. Hashed and counted on the way; on the disk when this resolves.
   * @throws disk_full, backup_failed, what the claim throws, or what `write` throws; what was written of it then stays until the backup is removed
   */
  file(name: string, write: (output: Writable) => Promise<void>): Promise<BackupFile>;
}

/** Files of backups on disk, in directories that are named by the backups' ids, and there by tries. Only we can read them. */
export interface BackupFiles {
  /** @throws disk_full while the disk has no more left than its reserve: then no backup is to be begun */
  requireRoom(): Promise<void>;
  /** An empty directory for this try; what earlier ones left, and nothing else, is gone. The disk keeps its reserve. @throws disk_full, backup_failed */
  begin(place: BackupPlace, hooks: WritingHooks): Promise<BackupWriter>;
  /** Makes the names durable as well: after this a power cut loses nothing of it. */
  seal(place: BackupPlace): Promise<void>;
  /** Reads everything back from the disk. @throws backup_damaged when a file is missing or is not what it was; cancelled by the signal */
  verify(place: BackupPlace, files: readonly BackupFile[], options?: { signal?: AbortSignal; onBytes?: (bytes: number) => void }): Promise<void>;
  /** From its beginning. An error of the stream is a DbmakerError. @throws backup_damaged when it is missing or of another length */
  read(place: BackupPlace, file: BackupFile, onBytes?: (bytes: number) => void): Promise<Readable>;
  /** Removes the files of a try and of those before it. */
  giveUp(place: BackupPlace): Promise<void>;
  /** All of a backup. Returns when it was seen gone. */
  remove(id: string): Promise<void>;
  /** Everything that lies where backups are, ours or not. */
  names(): Promise<string[]>;
}
