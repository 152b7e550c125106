import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** Local accounts, people of other issuers, and what the embedded issuer remembers. */
export const signIn: Migration = {
  version: 9,
  name: 'sign-in',
  async up({ schema }) {
    await schema.createTable('accounts')
      .addColumn('user_id', 'text', (column) => column.primaryKey().references('users.id').onDelete('cascade'))
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('must_change', 'integer', (column) => column.notNull())
      .addColumn('changed_at', 'bigint', (column) => column.notNull())
      .execute();

    await schema.createTable('identities')
      .addColumn('issuer', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('identities_pk', ['issuer', 'subject'])
      .execute();
    await schema.createIndex('identities_of_user').on('identities').column('user_id').execute();

    await schema.createTable('oidc_records')
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('payload', 'text', (column) => column.notNull())
      .addColumn('grant_id', 'text')
      .addColumn('uid', 'text')
      .addColumn('session_uid', 'text')
      .addColumn('account_id', 'text')
      .addColumn('consumed_at', 'bigint')
      .addColumn('expires_at', 'bigint')
      .addPrimaryKeyConstraint('oidc_records_pk', ['model', 'id'])
      .execute();
    for (const column of ['grant_id', 'uid', 'session_uid', 'account_id', 'expires_at']) {
      await schema.createIndex(`oidc_records_${column}`).on('oidc_records').column(column).where(sql.ref(column), 'is not', null).execute();
    }

    await schema.createTable('ended_tokens')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createIndex('ended_tokens_expires_at').on('ended_tokens').column('expires_at').execute();

    await schema.createTable('attempts')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('count', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
    await schema.createIndex('attempts_expires_at').on('attempts').column('expires_at').execute();
  },
};
