import type { Database } from '../database.ts';
import type { Queries } from '../schema.ts';

/** One step of the schema. Once released it is never edited: a database that has it does not run it again. */
export interface Migration {
  /** 1, 2, 3, ... without gaps. */
  readonly version: number;
  readonly name: string;
  /** Runs inside one transaction, together with its entry in `schema_migrations`. */
  up(queries: Queries, kind: Database['kind']): Promise<void>;
}
