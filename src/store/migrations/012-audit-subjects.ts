import type { Migration } from './migration.ts';

/** What was done to one thing, in the order of the list. */
export const auditSubjects: Migration = {
  version: 12,
  name: 'audit-subjects',
  async up({ schema }) {
    await schema.createIndex('audit_of_subject').on('audit').columns(['subject', 'id']).execute();
  },
};
