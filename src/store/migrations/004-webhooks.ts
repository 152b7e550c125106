import type { Migration } from './migration.ts';

/** Who is told of events over HTTP, and how that went. */
export const webhooks: Migration = {
  version: 4,
  name: 'webhooks',
  async up(queries) {
    const schema = queries.schema;
    await schema.createTable('webhooks')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('owner_id', 'text')
      .addColumn('url', 'text', (column) => column.notNull())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('types', 'text', (column) => column.notNull())
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createIndex('webhooks_of_owner').on('webhooks').column('owner_id').execute();
    await schema.createTable('webhook_deliveries')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('webhook_id', 'text', (column) => column.notNull())
      .addColumn('event_id', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('next_try_at', 'bigint')
      .addColumn('last_status', 'integer')
      .addColumn('last_error', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('webhook_deliveries_once', ['webhook_id', 'event_id'])
      .execute();
    await schema.createIndex('webhook_deliveries_due').on('webhook_deliveries').columns(['next_try_at']).execute();
  },
};
