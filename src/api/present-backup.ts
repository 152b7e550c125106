import type { Backup } from '../domain/backup/backup.ts';
import type { BackupView } from './schemas/backup.ts';

const time = (at: number): string => new Date(at).toISOString();

/** What of a backup leaves through the API: never its password. */
export function backupView(backup: Backup): BackupView {
  const { id, instanceId, of, format, bytes, files, note } = backup;
  return {
    id, container: instanceId, name: of.name, slug: of.slug, owner: of.ownerName, template: of.templateKey, type: of.type, engine: of.engine, version: of.version,
    format, bytes, files: files.map(({ name, bytes: size, sha256 }) => ({ name, bytes: size, sha256 })), note,
    resources: { memoryBytes: of.spec.resources.memoryBytes, cpus: of.spec.resources.cpus },
    createdAt: time(backup.createdAt), verifiedAt: time(backup.verifiedAt ?? backup.createdAt), expiresAt: time(backup.expiresAt ?? backup.createdAt),
  };
}
