import type { Migration } from './migration.ts';

/** What was refused or failed, in the order of the list: few rows among many. */
export const auditOutcomes: Migration = {
  version: 13,
  name: 'audit-outcomes',
  async up({ schema }) {
    await schema.createIndex('audit_of_outcome').on('audit').columns(['outcome', 'id']).execute();
  },
};
