import { sql } from 'kysely';
import { searchText } from '../search-text.ts';
import type { Migration } from './migration.ts';

/** Accounts that are switched off, when all sign-ins of somebody were ended, what sessions were begun with, and text to find people by. */
export const people: Migration = {
  version: 11,
  name: 'people',
  async up(queries) {
    const { schema } = queries;
    await schema.alterTable('users').addColumn('disabled', 'integer', (column) => column.notNull().defaultTo(0)).execute();
    await schema.alterTable('users').addColumn('sign_ins_ended_at', 'bigint').execute();
    await schema.alterTable('users').addColumn('sign_in_kept', 'text').execute();
    await schema.alterTable('users').addColumn('last_seen_at', 'bigint').execute();
    await schema.alterTable('users').addColumn('search', 'text', (column) => column.notNull().defaultTo('')).execute();
    for (const { id, username, display_name: displayName, email } of await queries.selectFrom('users').select(['id', 'username', 'display_name', 'email']).execute()) {
      await queries.updateTable('users').set({ search: searchText({ username, displayName, email }) }).where('id', '=', id).execute();
    }
    await sql`update users set last_seen_at = (select max(last_used_at) from tokens where user_id = users.id)`.execute(queries);

    await schema.alterTable('tokens').addColumn('began_with', 'text').execute();
    await sql`update tokens set began_with = substr(name, ${sql.lit('browser session of '.length + 1)}) where name like 'browser session of %'`.execute(queries);

    await schema.alterTable('identities').addColumn('told_at', 'bigint', (column) => column.notNull().defaultTo(0)).execute();
  },
};
