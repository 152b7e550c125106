import type { Migration } from './migration.ts';

/** The default of DBMAKER_QUOTA_BACKUPS_MB when this came: those who were there before have it as well, until an admin says otherwise. */
const BYTES = 10 * 1024 ** 3;

export const backupQuota: Migration = {
  version: 7,
  name: 'backup quota',
  async up(queries) {
    await queries.schema.alterTable('users').addColumn('quota_backup_bytes', 'bigint', (column) => column.notNull().defaultTo(BYTES)).execute();
  },
};
