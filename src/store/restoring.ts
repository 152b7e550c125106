import { sql, type RawBuilder } from 'kysely';

/*
 * What stands in the JSON of a row of `instances`, asked by its text: too rare a question for columns of their own. A text that somebody chose cannot
 * look like it, as quotation marks within texts are written with a backslash before them.
 */

/** Whether its data come from this backup (an id, `%`: any; or the column that holds it). */
export function restoredFrom(backup: string | RawBuilder<string>): RawBuilder<boolean> {
  const id = typeof backup === 'string' ? sql.lit(backup) : backup;
  return sql<boolean>`instances.spec like '%"restoreFrom":"' || ${id} || '"%'`;
}

export const NEVER_PROVISIONED: RawBuilder<boolean> = sql<boolean>`instances.status like '%"provisioned":false%'`;
