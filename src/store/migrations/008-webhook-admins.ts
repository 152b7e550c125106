import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** Who answers for a webhook that tells of everybody's instances. Of those that are there, the audit knows who made them. */
export const webhookAdmins: Migration = {
  version: 8,
  name: 'webhook-admins',
  async up(queries) {
    await queries.schema.alterTable('webhooks').addColumn('admin_id', 'text').execute();
    await sql`update webhooks set admin_id = (select max(actor_id) from audit where action = 'webhook.create' and subject = webhooks.id) where owner_id is null`.execute(queries);
    // Those of people who are no admins any more go off as they would now.
    await sql`update webhooks set enabled = 0, disabled_reason = 'demoted' where owner_id is null and enabled = 1
      and admin_id in (select id from users where role <> 'admin')`.execute(queries);
  },
};
