import path from 'node:path';
import { outcome, type PostgresqlClient, type Target } from './client.ts';
import { conninfo } from './conninfo.ts';
import { program } from './program.ts';

/** Debian's psycopg 3. */
export const psycopg: PostgresqlClient = {
  name: 'psycopg',
  ask: (target) => outcome(() => run('ask', target)),
  bulk: (target, bytes) => outcome(() => run('bulk', target, bytes)),
  cancel: (target) => outcome(() => run('cancel', target)),
};

function run(mode: string, target: Target, bytes = 0): Promise<string> {
  return program('/usr/bin/python3', [path.join(import.meta.dirname, 'with_psycopg.py'), mode, conninfo(target), String(bytes)], { env: { PGPASSWORD: target.password } });
}
