import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { outcome, type PostgresqlClient, type Target } from './client.ts';
import { program } from './program.ts';

const DRIVER = '/usr/share/java/postgresql.jar';

/** Debian's pgjdbc. Names are resolved by a file, as Java lets one say. */
export const jdbc: PostgresqlClient = {
  name: 'pgjdbc',
  ask: (target) => outcome(() => run('ask', target)),
  bulk: (target, bytes) => outcome(() => run('bulk', target, bytes)),
  cancel: (target) => outcome(() => run('cancel', target)),
};

/** With a URL as it is, from the directory in which it looks for files. @returns `answer-42` */
export async function askByUrl(url: string, cwd: string): Promise<string> {
  return program('java', ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-cp', `${await (compiled ??= compile())}:${DRIVER}`, 'Jdbc', 'ask', url, '0'], { cwd });
}

let compiled: Promise<string> | undefined;

/** Once a process. @returns the directory of the class */
async function compile(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'jdbc-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  await program('javac', ['-d', directory, path.join(import.meta.dirname, 'Jdbc.java')]);
  return directory;
}

async function run(mode: string, { hostname, address, port, username, password, database, tls, ca, options, settings }: Target, bytes = 0): Promise<string> {
  const directory = await (compiled ??= compile());
  const hosts = path.join(directory, `hosts-${hostname}`);
  await writeFile(hosts, `${address} ${hostname}\n`);
  const ssl = tls === 'off' ? 'sslmode=disable' : `sslmode=verify-full&sslrootcert=${ca}`;
  const more = Object.entries({ options, ...settings }).map(([name, value]) => (value === undefined ? '' : `&${name}=${encodeURIComponent(value)}`)).join('');
  const url = `jdbc:postgresql://${hostname}:${port}/${database}?user=${encodeURIComponent(username)}&password=${password}&${ssl}${more}`;
  return program('java', ['-Xshare:auto', '-Xmx1g', '-XX:TieredStopAtLevel=1', `-Djdk.net.hosts.file=${hosts}`, '-cp', `${directory}:${DRIVER}`, 'Jdbc', mode, url, String(bytes)]);
}
