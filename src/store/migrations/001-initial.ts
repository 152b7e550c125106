import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const initial: Migration = {
  version: 1,
  name: 'initial',
  async up(queries, kind) {
    const schema = queries.schema;
    await schema.createTable('users')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('username', 'text', (column) => column.notNull().unique())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('email', 'text')
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('quota_instances', 'bigint', (column) => column.notNull())
      .addColumn('quota_memory_bytes', 'bigint', (column) => column.notNull())
      .addColumn('quota_cpus', 'double precision', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createIndex('users_newest').on('users').columns(['created_at', 'id']).execute();

    await schema.createTable('tokens')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('last_used_at', 'bigint')
      .execute();
    await schema.createIndex('tokens_of_user').on('tokens').columns(['user_id', 'created_at']).execute();

    await schema.createTable('templates')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('builtin', 'integer', (column) => column.notNull())
      .addColumn('availability', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .execute();

    // The long texts come last: SQLite reads a row from the left and need not touch their pages.
    await schema.createTable('instances')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('owner_id', 'text', (column) => column.notNull().references('users.id'))
      .addColumn('owner_name', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('template_key', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('engine', 'text', (column) => column.notNull())
      .addColumn('slug', 'text', (column) => column.notNull().unique())
      .addColumn('port', 'integer', (column) => column.notNull().unique())
      .addColumn('desired', 'text', (column) => column.notNull())
      .addColumn('generation', 'bigint', (column) => column.notNull())
      .addColumn('phase', 'text', (column) => column.notNull())
      .addColumn('observed_generation', 'bigint', (column) => column.notNull())
      .addColumn('next_try_at', 'bigint')
      .addColumn('due_at', 'bigint')
      .addColumn('memory_bytes', 'bigint', (column) => column.notNull())
      .addColumn('cpus', 'double precision', (column) => column.notNull())
      .addColumn('lease_holder', 'text')
      .addColumn('lease_token', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('lease_until', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('password', 'text', (column) => column.notNull())
      .addColumn('next_password', 'text')
      .addColumn('spec', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('template', 'text', (column) => column.notNull())
      .execute();
    // The name of one that is being deleted is free again.
    await schema.createIndex('instances_name').unique().on('instances').columns(['owner_id', 'name']).where(sql.ref('desired'), '<>', sql.lit('deleted')).execute();
    await schema.createIndex('instances_newest').on('instances').columns(['created_at', 'id']).execute();
    await schema.createIndex('instances_of_owner').on('instances').columns(['owner_id', 'created_at', 'id']).execute();
    await schema.createIndex('instances_of_type').on('instances').columns(['type', 'created_at', 'id']).execute();
    await schema.createIndex('instances_in_phase').on('instances').columns(['phase', 'created_at', 'id']).execute();
    await schema.createIndex('instances_due').on('instances').column('due_at').where(sql.ref('due_at'), 'is not', null).execute();
    await schema.createIndex('instances_next_try').on('instances').column('next_try_at').where(sql.ref('next_try_at'), 'is not', null).execute();

    await schema.createTable('ports')
      .addColumn('port', 'integer', (column) => column.primaryKey())
      .addColumn('instance_id', 'text', (column) => column.unique())
      .addColumn('reserved_until', 'bigint')
      .addColumn('quarantined_until', 'bigint')
      .addColumn('blocked_until', 'bigint')
      .execute();
    await schema.createTable('port_cursor')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('last_port', 'integer', (column) => column.notNull())
      .execute();
    await queries.insertInto('port_cursor').values({ id: 1, last_port: 0 }).execute();

    // autoincrement: SQLite would otherwise give the id of a removed last row out again, and a reader who resumes would miss the new one.
    await schema.createTable('events')
      .addColumn('id', kind === 'sqlite' ? 'integer' : 'bigserial', (column) => (kind === 'sqlite' ? column.primaryKey().autoIncrement() : column.primaryKey()))
      .addColumn('instance_id', 'text', (column) => column.notNull())
      .addColumn('owner_id', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('message', 'text', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createIndex('events_of_instance').on('events').columns(['instance_id', 'id']).execute();
    await schema.createIndex('events_of_owner').on('events').columns(['owner_id', 'id']).execute();

    await schema.createTable('idempotency')
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('request_hash', 'text', (column) => column.notNull())
      .addColumn('response_status', 'integer')
      .addColumn('response_instance_id', 'text')
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('idempotency_key', ['user_id', 'key'])
      .execute();
    await schema.createIndex('idempotency_age').on('idempotency').column('created_at').execute();

    await schema.createTable('settings')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
    await schema.createTable('heartbeats')
      .addColumn('worker', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .execute();
  },
};
