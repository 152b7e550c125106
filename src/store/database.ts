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
  /**
   * The same, but does not wait for the disk: survives every end of our processes, not a power cut. For what only processes need that a
   * power cut ends as well (leases, reservations, signs of life). The next write() makes it durable, too.
   */
  writeVolatile<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
