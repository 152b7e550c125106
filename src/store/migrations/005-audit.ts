import type { Migration } from './migration.ts';

/** Who did what to which instance from where; only ever added to. */
export const audit: Migration = {
  version: 5,
  name: 'audit',
  async up(queries, kind) {
    const schema = queries.schema;
    await schema.createTable('audit')
      .addColumn('id', kind === 'postgresql' ? 'bigserial' : 'integer', (column) => (kind === 'postgresql' ? column.primaryKey() : column.primaryKey().autoIncrement()))
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('actor_kind', 'text', (column) => column.notNull())
      .addColumn('actor_id', 'text')
      .addColumn('actor_name', 'text', (column) => column.notNull())
      .addColumn('token_id', 'text')
      .addColumn('source', 'text')
      .addColumn('request_id', 'text')
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('subject', 'text')
      .addColumn('instance_id', 'text')
      .addColumn('owner_id', 'text')
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('code', 'text')
      .addColumn('detail', 'text', (column) => column.notNull())
      .execute();
    await schema.createIndex('audit_of_instance').on('audit').columns(['instance_id', 'id']).execute();
    await schema.createIndex('audit_of_owner').on('audit').columns(['owner_id', 'id']).execute();
    await schema.createIndex('audit_of_actor').on('audit').columns(['actor_id', 'id']).execute();
    await schema.createIndex('audit_of_action').on('audit').columns(['action', 'id']).execute();
    await schema.createIndex('audit_age').on('audit').columns(['at', 'id']).execute();
    await schema.createIndex('audit_of_kind').on('audit').columns(['actor_kind', 'id']).execute();
  },
};
