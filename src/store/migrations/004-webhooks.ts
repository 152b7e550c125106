import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** Who is told of events over HTTP, and how that went. */
export const webhooks: Migration = {
  version: 4,
  name: 'webhooks',
  async up(queries, kind) {
    const schema = queries.schema;
    await schema.createTable('webhooks')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('owner_id', 'text')
      .addColumn('url', 'text', (column) => column.notNull())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('previous_secret', 'text')
      .addColumn('previous_until', 'bigint')
      .addColumn('types', 'text', (column) => column.notNull())
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('disabled_reason', 'text')
      .addColumn('failing_since', 'bigint')
      .addColumn('after_event', 'bigint', (column) => column.notNull())
      .addColumn('due_at', 'bigint')
      .addColumn('lease_holder', 'text')
      .addColumn('lease_token', 'bigint', (column) => column.notNull())
      .addColumn('lease_until', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createIndex('webhooks_newest').on('webhooks').columns(['created_at', 'id']).execute();
    await schema.createIndex('webhooks_of_owner').on('webhooks').columns(['owner_id', 'created_at', 'id']).execute();
    await schema.createIndex('webhooks_due').on('webhooks').column('due_at').where(sql.ref('due_at'), 'is not', null).execute();

    await schema.createTable('webhook_deliveries')
      .addColumn('seq', kind === 'sqlite' ? 'integer' : 'bigserial', (column) => (kind === 'sqlite' ? column.primaryKey().autoIncrement() : column.primaryKey()))
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('webhook_id', 'text', (column) => column.notNull().references('webhooks.id').onDelete('cascade'))
      .addColumn('event_id', 'bigint')
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('held', 'integer', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('first_tried_at', 'bigint')
      .addColumn('last_tried_at', 'bigint')
      .addColumn('next_try_at', 'bigint')
      .addColumn('last_status', 'integer')
      .addColumn('last_error', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addUniqueConstraint('webhook_deliveries_once', ['webhook_id', 'event_id'])
      .execute();
    await schema.createIndex('webhook_deliveries_log').on('webhook_deliveries').columns(['webhook_id', 'seq']).execute();
    await schema.createIndex('webhook_deliveries_age').on('webhook_deliveries').column('created_at').execute();
    // What waits is little beside what is kept of the past.
    await schema.createIndex('webhook_deliveries_order').on('webhook_deliveries').columns(['webhook_id', 'seq'])
      .where(sql.ref('state'), '=', sql.lit('pending')).where(sql.ref('held'), '=', sql.lit(1)).execute();
    await schema.createIndex('webhook_deliveries_beside').on('webhook_deliveries').columns(['webhook_id', 'next_try_at'])
      .where(sql.ref('state'), '=', sql.lit('pending')).where(sql.ref('held'), '=', sql.lit(0)).execute();

    // One row: nobody is told of what happened before there were webhooks.
    await schema.createTable('webhook_cursor')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('event_id', 'bigint', (column) => column.notNull())
      .execute();
    await sql`insert into webhook_cursor (id, event_id) select 1, coalesce(max(id), 0) from events`.execute(queries);
  },
};
