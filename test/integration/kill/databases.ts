/** The client's side: writes and reads through the instance's TCP port, with the drivers that people use. */
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Connection, KnownInstance } from './model.ts';

const TIMEOUT_MS = 10_000;

interface Database {
  write(value: number): Promise<void>;
  read(): Promise<number[]>;
  close(): Promise<void>;
}

async function openPostgresql({ host, port, username, password, database }: Connection): Promise<Database> {
  const client = new pg.Client({ host, port, user: username, password, database, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  client.on('error', () => undefined); // the connection is cut on purpose; the query under way is rejected by itself
  await client.connect();
  return {
    async write(value) {
      await client.query('CREATE TABLE IF NOT EXISTS kept (n int PRIMARY KEY)');
      await client.query('INSERT INTO kept VALUES ($1)', [value]);
    },
    async read() {
      const { rows } = await client.query<{ exists: boolean }>("SELECT to_regclass('kept') IS NOT NULL AS exists");
      if (rows[0]?.exists !== true) return [];
      return (await client.query<{ n: number }>('SELECT n FROM kept')).rows.map(({ n }) => n);
    },
    close: () => client.end(),
  };
}

async function openRedis({ host, port, username, password }: Connection): Promise<Database> {
  const client = new Redis({
    host, port, username, password, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: TIMEOUT_MS, commandTimeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  await client.connect();
  return {
    async write(value) {
      await client.sadd('kept', value);
    },
    read: async () => (await client.smembers('kept')).map(Number),
    close: async () => client.disconnect(),
  };
}

const open = (instance: KnownInstance, connection: Connection): Promise<Database> =>
  instance.template === 'redis' ? openRedis(connection) : openPostgresql(connection);

/** Writes rising numbers until something fails or `count` are there, and notes which were confirmed. Never throws: a cut connection is the point. */
export async function writeSome(instance: KnownInstance, connection: Connection, count: number): Promise<void> {
  let database: Database | undefined;
  try {
    database = await open(instance, connection);
    for (let written = 0; written < count; written += 1) {
      const value = instance.attempted.size + 1;
      instance.attempted.add(value);
      await database.write(value);
      instance.written.add(value);
    }
  } catch {
    // Cut off: the value under way may or may not be there.
  } finally {
    await database?.close().catch(() => undefined);
  }
}

/** Every value that is there. @throws whatever the driver says */
export async function readAll(instance: KnownInstance, connection: Connection): Promise<Set<number>> {
  const database = await open(instance, connection);
  try {
    return new Set(await database.read());
  } finally {
    await database.close();
  }
}
