import { existsSync } from 'node:fs';
import { execute } from '../execute.ts';
import { libpq18 } from './libpq.ts';
import type { Target } from './ways.ts';

/** Debian does not put it on the PATH. */
const PROGRAM = ['/usr/lib/postgresql/15/bin/pgbench'].find((file) => existsSync(file)) ?? 'pgbench';

export interface PgbenchOptions {
  readonly clients: number;
  readonly seconds: number;
  /** A connection for each transaction. */
  readonly reconnect?: boolean;
}

/** Transactions of `pgbench -S` per second. @throws Error with what pgbench said */
export async function pgbench(target: Target, { clients, seconds, reconnect = false }: PgbenchOptions): Promise<number> {
  const how = reconnect
    ? ['-C', '-j', String(clients)] // a thread each: pgbench waits for a login without looking at its other clients
    : ['-M', 'prepared', '-j', '1'];
  const output = await execute(PROGRAM, ['-n', '-S', ...how, '-c', String(clients), '-T', String(seconds), '-p', String(target.port), '-U', target.username, target.database], {
    env: await environment(target), timeoutMs: seconds * 1000 + 60_000,
  });
  const rate = Number(/^tps = ([\d.]+)/m.exec(output)?.[1]);
  const failed = Number(/^number of failed transactions: (\d+)/m.exec(output)?.[1] ?? 0);
  if (!(rate > 0) || failed > 0) throw new Error(`pgbench did not measure anything:\n${output}`);
  return rate;
}

/** The tables that `pgbench -S` reads: 100,000 rows. */
export async function preparePgbench(target: Target): Promise<void> {
  await execute(PROGRAM, ['-i', '-q', '-s', '1', '-p', String(target.port), '-U', target.username, target.database], { env: await environment(target) });
}

async function environment({ host, password, servername }: Target): Promise<Record<string, string>> {
  const base = { PGPASSWORD: password, PGGSSENCMODE: 'disable', PGCONNECT_TIMEOUT: '20' };
  if (servername === null) return { ...base, PGHOST: host, PGSSLMODE: 'disable' };
  return { ...base, PGHOST: servername, PGHOSTADDR: host, PGSSLMODE: 'require', PGSSLNEGOTIATION: 'direct', LD_LIBRARY_PATH: await libpq18() };
}
