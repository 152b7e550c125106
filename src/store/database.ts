import type { Clock } from '../domain/ports/clock.ts';
import type { Queries } from './schema.ts';

/** What a repository works with: the same on SQLite and PostgreSQL. Everything thrown is a DbmakerError. */
export interface Database {
  readonly kind: 'sqlite' | 'postgresql';
  readonly clock: Clock;
  /** Queries that change nothing. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** One transaction: all of `work` or nothing. May run `work` again after a deadlock, so it must have no other effects. */
  write<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
