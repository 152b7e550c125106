import { readFileSync } from 'node:fs';
import postgres from 'postgres';
import { outcome, servername, type PostgresqlClient, type Target } from './client.ts';

/** postgres.js. */
export const postgresJs: PostgresqlClient = {
  name: 'postgres.js',
  ask: (target) => outcome(() => withSql(target, async (sql) => String((await sql`select 'answer-' || 41 + 1 as answer`)[0]?.['answer']))),
  bulk: (target, bytes) => outcome(() => withSql(target, async (sql) => {
    const up = await sql`select length(${'x'.repeat(bytes)}) as n`;
    const down = await sql`select repeat('y', ${bytes}) as text`;
    return `up ${String(up[0]?.['n'])} down ${String(down[0]?.['text']).length}`;
  })),
  cancel: (target, running) => outcome(() => withSql(target, async (sql) => {
    const query = sql`select pg_sleep(30)`.simple().execute();
    await running();
    query.cancel();
    await query;
    return 'not cancelled';
  })),
};

async function withSql(target: Target, work: (sql: postgres.Sql) => Promise<string>): Promise<string> {
  const { hostname, address, port, username, password, database, tls, ca } = target;
  const sql = postgres({
    host: address, port, username, password, database, max: 1, connect_timeout: 40, onnotice: () => undefined,
    ...(target.options === undefined ? {} : { connection: { options: target.options } }),
    ssl: tls === 'off' ? false : { ca: readFileSync(ca, 'utf8'), ...servername(hostname) },
  });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
