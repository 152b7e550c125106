import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import { isBusy } from './errors.ts';

/**
 * One connection, one user of it at a time. Differs from Kysely's own SQLite driver in what is needed here:
 * - `begin immediate`: a deferred transaction that reads first and writes later fails at once when another process wrote in between
 * - waiting for another process does not block our event loop for more than one short busy_timeout at a time
 * - a rollback is skipped when SQLite has already rolled back by itself (disk full, I/O error), so that the first error is the one seen
 * - prepared statements are kept
 */
export class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: SqliteConnection;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #release: () => void = () => undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#connection = new SqliteConnection(database);
  }

  async init(): Promise<void> {
    // nothing: the database is handed in open
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#tail;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#tail = promise;
    this.#waiting += 1;
    await before;
    // A transaction here never leaves the microtask queue: without this, a hundred queued ones would starve all other work.
    if (this.#waiting > 1) await turn();
    this.#waiting -= 1;
    this.#release = () => resolve(undefined);
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  async beginTransaction(): Promise<void> {
    await untilNotBusy(() => this.#database.exec('begin immediate'));
  }

  async commitTransaction(): Promise<void> {
    this.#database.exec('commit');
  }

  async rollbackTransaction(): Promise<void> {
    if (this.#database.isTransaction) this.#database.exec('rollback');
  }

  async destroy(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** With the busy_timeout of 50 ms (open.ts) about 5 seconds. */
const BUSY_ATTEMPTS = 100;

/** Repeats `work` while another process holds the lock; between two tries other work of ours runs. */
export async function untilNotBusy<T>(work: () => T): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || attempt >= BUSY_ATTEMPTS) throw error;
      await turn();
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

const STATEMENTS = 256;

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, { statement: StatementSync; reader: boolean }>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    // Inside a transaction nobody can be in our way. Outside, even a read can find the file locked for a moment: while another process
    // recovers the log of one that was killed, or takes the log away as the last to close.
    return this.#database.isTransaction ? this.#run<R>(query) : untilNotBusy(() => this.#run<R>(query));
  }

  #run<R>(query: CompiledQuery): QueryResult<R> {
    const { statement, reader } = this.#prepare(query.sql);
    const parameters = query.parameters as SQLInputValue[];
    if (reader) return { rows: statement.all(...parameters) as R[] };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  // eslint-disable-next-line require-yield -- the interface wants a generator; nothing in the store streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('The store does not stream.');
  }

  #prepare(sql: string): { statement: StatementSync; reader: boolean } {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    const made = { statement, reader: statement.columns().length > 0 };
    const [oldest] = this.#statements.keys();
    if (this.#statements.size >= STATEMENTS && oldest !== undefined) this.#statements.delete(oldest);
    this.#statements.set(sql, made);
    return made;
  }
}
