import { Redis } from 'ioredis';
import pg from 'pg';
import { waitFor } from '../support/wait.ts';

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

const PATIENCE = { timeoutMs: 60_000, intervalMs: 5 };

/** Tries until PostgreSQL has answered a query. */
export async function firstPostgresqlQuery({ host, port, username, password, database }: Login): Promise<void> {
  await waitFor(
    async () => {
      const client = new pg.Client({ host, port, user: username, password, database, connectionTimeoutMillis: 5000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.query('SELECT 1 AS one')).rowCount;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    { what: 'PostgreSQL to answer a query', ...PATIENCE },
  );
}

/** Tries until Redis has answered a command. */
export async function firstRedisQuery({ host, port, username, password }: Login): Promise<void> {
  await waitFor(
    async () => {
      const client = new Redis({ host, port, username, password, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: 5000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return await client.set('first', '1');
      } finally {
        client.disconnect();
      }
    },
    { what: 'Redis to answer a command', ...PATIENCE },
  );
}
