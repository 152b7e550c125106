import type { Migration } from './migration.ts';

export const gateway: Migration = {
  version: 2,
  name: 'gateway',
  async up(queries) {
    const schema = queries.schema;
    await schema.createIndex('instances_changed').on('instances').columns(['updated_at', 'id']).execute();

    await schema.createTable('gateways')
      .addColumn('gateway', 'text', (column) => column.primaryKey())
      .addColumn('alive_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createTable('gateway_activity')
      .addColumn('instance_id', 'text', (column) => column.notNull())
      .addColumn('gateway', 'text', (column) => column.notNull())
      .addColumn('open', 'integer', (column) => column.notNull())
      .addColumn('connections', 'bigint', (column) => column.notNull())
      .addColumn('bytes_in', 'bigint', (column) => column.notNull())
      .addColumn('bytes_out', 'bigint', (column) => column.notNull())
      .addColumn('last_used_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('gateway_activity_key', ['instance_id', 'gateway'])
      .execute();
    await schema.createIndex('gateway_activity_of_gateway').on('gateway_activity').column('gateway').execute();
  },
};
