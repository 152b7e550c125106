import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Database } from '../database.ts';
import type { Queries, Schema } from '../schema.ts';
import { isCollision, postgresFailure } from './errors.ts';

const COLLISIONS = 5;

/** Times, bytes and counts fit a JavaScript number; `pg` would hand out strings. */
const NUMBERS = new pg.TypeOverrides();
NUMBERS.setTypeParser(pg.types.builtins.INT8, Number);
NUMBERS.setTypeParser(pg.types.builtins.NUMERIC, Number);

/** Connects lazily: a server that is down shows at the first query. `url` is a secret. */
export function openPostgresql(url: string, clock: Clock, log?: Log): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    application_name: 'dbmaker',
    connectionTimeoutMillis: 5000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    types: NUMBERS,
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => log?.warn({ err: error }, 'lost an idle connection to the PostgreSQL server of the store'));
  // So does one that breaks while it is lent out: the query that runs on it is refused as well, and that is what is told.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new PostgresqlDatabase(pool, clock);
}

class PostgresqlDatabase implements Database {
  readonly kind = 'postgresql';
  readonly clock: Clock;
  readonly #queries: Queries;

  constructor(pool: pg.Pool, clock: Clock) {
    this.clock = clock;
    this.#queries = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  }

  read<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return guarded(() => work(this.#queries));
  }

  write<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return guarded(async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          // Rows that a decision rests on are locked by hand, see the repositories.
          return await this.#queries.transaction().setIsolationLevel('read committed').execute(work);
        } catch (error) {
          if (!isCollision(error) || attempt >= COLLISIONS) throw error;
        }
      }
    });
  }

  writeVolatile<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.write(async (queries) => {
      await sql`set local synchronous_commit = off`.execute(queries);
      return work(queries);
    });
  }

  close(): Promise<void> {
    return guarded(() => this.#queries.destroy());
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw postgresFailure(error);
  }
}
