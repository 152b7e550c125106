import type { Readable, Writable } from 'node:stream';
import type { BackupFile } from '../backup/backup.ts';

/** Where a backup that is being made writes. */
export interface BackupWriter {
  /**
   * Adds one file: `write` pours into the stream and ends it. Hashed and counted on the way; on the disk when this resolves.
   * @throws disk_full, backup_failed, or what `write` throws; what was written of it then stays until the backup is removed
   */
  file(name: string, write: (output: Writable) => Promise<void>): Promise<BackupFile>;
}

/** Files of backups on disk, in directories that are named by the backups' ids. Only we can read them. */
export interface BackupFiles {
  /** An empty directory for this backup; what an attempt that was cut off left in it is gone. `onBytes`: told of every piece that was written. @throws disk_full, backup_failed */
  begin(id: string, onBytes: (bytes: number) => void): Promise<BackupWriter>;
  /** Makes the names durable as well: after this a power cut loses nothing of it. */
  seal(id: string): Promise<void>;
  /** Reads everything back from the disk. @throws backup_damaged when a file is missing or is not what it was; cancelled by the signal */
  verify(id: string, files: readonly BackupFile[], options?: { signal?: AbortSignal; onBytes?: (bytes: number) => void }): Promise<void>;
  /** From its beginning. An error of the stream is a DbmakerError. @throws backup_damaged when it is missing or of another length */
  read(id: string, file: BackupFile, onBytes?: (bytes: number) => void): Promise<Readable>;
  /** Returns when it was seen gone. */
  remove(id: string): Promise<void>;
  /** Everything that lies where backups are, ours or not. */
  names(): Promise<string[]>;
}
