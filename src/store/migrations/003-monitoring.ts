import type { Migration } from './migration.ts';

/** What the monitor writes: whether an instance answers, and its figures over time, packed into one row for each stretch of time. */
export const monitoring: Migration = {
  version: 3,
  name: 'monitoring',
  async up(queries) {
    const schema = queries.schema;
    await schema.createTable('instance_health')
      .addColumn('instance_id', 'text', (column) => column.primaryKey())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addColumn('message', 'text')
      .addColumn('checked_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createTable('samples')
      .addColumn('instance_id', 'text', (column) => column.notNull())
      .addColumn('resolution', 'text', (column) => column.notNull())
      .addColumn('start', 'bigint', (column) => column.notNull())
      .addColumn('points', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('samples_key', ['instance_id', 'resolution', 'start'])
      .execute();
    await schema.createIndex('samples_age').on('samples').columns(['resolution', 'start']).execute();
    await schema.createIndex('events_age').on('events').columns(['at']).execute();
  },
};
