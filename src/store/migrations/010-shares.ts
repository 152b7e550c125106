import type { Migration } from './migration.ts';

/** With whom instances are shared, and who an event is addressed to beside the owner. */
export const shares: Migration = {
  version: 10,
  name: 'shares',
  async up({ schema }) {
    await schema.createTable('shares')
      .addColumn('instance_id', 'text', (column) => column.notNull().references('instances.id').onDelete('cascade'))
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('access', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      // As in the instance, where it never changes: the list of what is shared with somebody is in the order of this index.
      .addColumn('instance_created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('shares_pk', ['instance_id', 'user_id'])
      .execute();
    await schema.createIndex('shares_of_user').on('shares').columns(['user_id', 'instance_created_at', 'instance_id']).execute();

    await schema.createTable('event_addressees')
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('event_id', 'bigint', (column) => column.notNull().references('events.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('event_addressees_pk', ['user_id', 'event_id'])
      .execute();
    await schema.createIndex('event_addressees_of_event').on('event_addressees').column('event_id').execute();
  },
};
