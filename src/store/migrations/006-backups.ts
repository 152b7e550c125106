import type { Migration } from './migration.ts';

/** What was kept of instances that are gone. */
export const backups: Migration = {
  version: 6,
  name: 'backups',
  async up(queries) {
    const schema = queries.schema;
    await schema.createTable('backups')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('instance_id', 'text', (column) => column.notNull())
      .addColumn('owner_id', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .execute();
    await schema.createIndex('backups_of_owner').on('backups').columns(['owner_id', 'created_at']).execute();
    await schema.createIndex('backups_of_instance').on('backups').columns(['instance_id', 'created_at']).execute();
  },
};
