import type { Migration } from './migration.ts';

const ROWS_AT_ONCE = 500;

/** What the monitor writes (health, figures over time) and what the policies look at (last use, limits), in columns of their own. */
export const monitoring: Migration = {
  version: 3,
  name: 'monitoring',
  async up(queries) {
    const schema = queries.schema;
    for (const [column, type] of [['health', 'text'], ['last_action_at', 'bigint'], ['sleep_after_ms', 'bigint'], ['remove_after_ms', 'bigint'], ['expires_at', 'bigint'], ['warned_at', 'bigint'], ['warned_for', 'text']] as const) {
      await schema.alterTable('instances').addColumn(column, type).execute();
    }
    for (let after = ''; ;) {
      const rows = await queries.selectFrom('instances').select(['id', 'spec', 'updated_at']).where('id', '>', after).orderBy('id').limit(ROWS_AT_ONCE).execute();
      for (const { id, spec, updated_at } of rows) {
        const { sleepAfterMs = null, removeAfterMs = null } = JSON.parse(spec) as { sleepAfterMs?: number | null; removeAfterMs?: number | null };
        await queries.updateTable('instances').set({ last_action_at: updated_at, sleep_after_ms: sleepAfterMs, remove_after_ms: removeAfterMs }).where('id', '=', id).execute();
        after = id;
      }
      if (rows.length < ROWS_AT_ONCE) break;
    }
    await schema.alterTable('gateway_activity').addColumn('sessions', 'integer', (column) => column.notNull().defaultTo(0)).execute();
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
