import { readFileSync } from 'node:fs';
import pg from 'pg';
import { outcome, servername, type PostgresqlClient, type Target } from './client.ts';

/** `pg`. The name is given for TLS, the address to connect to. */
export const nodePostgres: PostgresqlClient = {
  name: 'node-postgres',
  ask: (target) => outcome(() => withClient(target, async (client) => (await client.query<{ answer: string }>("select 'answer-' || 41 + 1 as answer")).rows[0]?.answer ?? '')),
  bulk: (target, bytes) => outcome(() => withClient(target, async (client) => {
    const up = (await client.query<{ n: number }>('select length($1) as n', ['x'.repeat(bytes)])).rows[0]?.n;
    const down = (await client.query<{ text: string }>(`select repeat('y', ${bytes}) as text`)).rows[0]?.text.length;
    return `up ${up ?? 0} down ${down ?? 0}`;
  })),
  cancel: (target, running) => outcome(() => withClient(target, async (client) => {
    const query = new pg.Query('select pg_sleep(30)');
    const done = new Promise((resolve, reject) => void query.on('end', resolve).on('error', reject));
    client.query(query);
    await running();
    // Its own way: another client that opens a connection in plain text and sends the request.
    (new pg.Client(plain(target)) as pg.Client & { cancel(client: pg.Client, query: pg.Query): void }).cancel(client, query);
    await done;
    return 'not cancelled';
  })),
};

const plain = ({ address, port, username, password, database, options }: Target): pg.ClientConfig => ({
  host: address, port, user: username, password, database, connectionTimeoutMillis: 40_000, ...(options === undefined ? {} : { options }),
});

async function withClient(target: Target, work: (client: pg.Client) => Promise<string>): Promise<string> {
  const ssl = target.tls === 'off' ? false : { ca: readFileSync(target.ca, 'utf8'), ...servername(target.hostname), host: target.hostname };
  const client = new pg.Client({ ...plain(target), ssl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
