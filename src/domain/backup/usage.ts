import { DbmakerError } from '../errors.ts';

/** What somebody's backups take, and may take. Bytes. */
export interface BackupUsage {
  readonly bytes: number;
  readonly limit: number;
}

/** @returns quota_exceeded, with what can be done about it */
export function noRoomFor({ bytes, limit }: BackupUsage): DbmakerError {
  const left = Math.max(0, limit - bytes);
  const taken = left === 0 ? `All of the ${megabytes(limit)} for backups are in use` : `A backup takes more than the ${megabytes(left)} that are left of the ${megabytes(limit)} for backups`;
  return new DbmakerError('quota_exceeded', `${taken}.`, {
    remedy: 'Delete older backups (DELETE /api/backups/<id>), ask an admin for more, or delete the database without a backup (?backup=false).',
  });
}

export const hasRoom = ({ bytes, limit }: BackupUsage): boolean => bytes < limit;

/** @throws quota_exceeded when nothing is left */
export function requireRoom(usage: BackupUsage): void {
  if (!hasRoom(usage)) throw noRoomFor(usage);
}

function megabytes(bytes: number): string {
  return `${String(Math.round(bytes / 1024 / 1024))} MB`;
}
