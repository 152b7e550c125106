/** Databases as their users see them: the drivers that people use, through the port that the API gave out. */
import { Redis } from 'ioredis';
import pg from 'pg';
import type { ConnectionView } from '../../src/api/schemas/instance.ts';

export type Login = Pick<ConnectionView, 'host' | 'port' | 'username' | 'password' | 'database'>;
export type Family = 'postgresql' | 'redis';

const TIMEOUT_MS = 40_000; // a connection may have to wake it

/** One connection for as long as `work` takes. @throws whatever pg says */
export async function withPostgresql<T>({ host, port, username, password, database }: Login, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ host, port, user: username, password, database, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  client.on('error', () => undefined); // cut while idle; a query under way is rejected by itself
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined); // cut already
  }
}

/** One connection for as long as `work` takes, never made again when it is cut. @throws whatever ioredis says */
export async function withRedis<T>({ host, port, username, password }: Login, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({
    host, port, username, password, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: TIMEOUT_MS, commandTimeout: TIMEOUT_MS,
  });
  let said: Error | undefined;
  client.on('error', (error: Error) => (said = error));
  try {
    await client.connect().catch((error: unknown) => {
      throw said ?? error; // "Connection is closed." hides why
    });
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** Keeps a number in the database; resolves once the database has confirmed it. */
export function write(family: Family, login: Login, value: number): Promise<void> {
  if (family === 'redis') return withRedis(login, async (client) => { await client.sadd('kept', value); });
  return withPostgresql(login, async (client) => {
    await client.query('CREATE TABLE IF NOT EXISTS kept (n int PRIMARY KEY)');
    await client.query('INSERT INTO kept VALUES ($1)', [value]);
  });
}

/** Every number that was kept, in order. */
export async function read(family: Family, login: Login): Promise<number[]> {
  const values = family === 'redis'
    ? await withRedis(login, async (client) => (await client.smembers('kept')).map(Number))
    : await withPostgresql(login, async (client) => (await client.query<{ n: number }>('SELECT n FROM kept')).rows.map(({ n }) => n));
  return values.sort((a, b) => a - b);
}
