import path from 'node:path';
import { outcome, type PostgresqlClient, type Target } from './client.ts';
import { program } from './program.ts';

/** Debian's psycopg 3. */
export const psycopg: PostgresqlClient = {
  name: 'psycopg',
  ask: (target) => outcome(() => run('ask', target)),
  bulk: (target, bytes) => outcome(() => run('bulk', target, bytes)),
  cancel: (target) => outcome(() => run('cancel', target)),
};

function run(mode: string, { hostname, address, port, username, password, database, tls, ca, options }: Target, bytes = 0): Promise<string> {
  const ssl = tls === 'off' ? 'sslmode=disable' : `sslmode=verify-full sslrootcert=${ca}`;
  const conninfo = `host=${hostname} hostaddr=${address} port=${port} user=${username} password=${password} dbname=${database} ${ssl}${options === undefined ? '' : ` options='${options}'`}`;
  return program('/usr/bin/python3', [path.join(import.meta.dirname, 'with_psycopg.py'), mode, conninfo, String(bytes)]);
}
