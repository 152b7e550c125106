import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { DbmakerError } from '../../../domain/errors.ts';
import type { Clock } from '../../../domain/ports/clock.ts';
import { existsHostile, listDirectory, readHostileText } from '../files.ts';
import type { Host } from '../host.ts';
import type { LocalEngine } from './local-engine.ts';
import { BOOTSTRAP_ROLE, SINGLE, templateCluster } from './postgresql-cluster.ts';
import { findPackage, publish } from './postgresql-programs.ts';
import { settingsOf } from './settings.ts';
import { FIXED_SETTINGS, identifier, literal, settingsFor } from './postgresql-settings.ts';
import { singleFlight } from '../single-flight.ts';

const MAJOR = 15;
/** What docker/postgresql/entrypoint.sh leaves in a cluster while it makes it. */
const UNFINISHED = 'dbmaker.initialising';
const REMEDY = 'Run "npm ci" in the directory of DbMaker, without --omit=optional.';

/** Copies the template cluster, makes role and database as the account that owns it, hands all to the instance. */
const SCRIPT = `
uid=$1 nobody=$2 template=$3; shift 3
cp -a --reflink=auto -- "$template" data.init
(
  cd data.init
  become=
  [ "$nobody" = - ] || become="setpriv --reuid $nobody --regid $nobody --clear-groups --inh-caps=-all --bounding-set=-all"
  exec 9<.
  cd /
  printf '%s\\n' "$input" | $become setpriv --no-new-privs -- "$@" > /dev/null
)
[ "$uid" = - ] || chown -R "$uid:$uid" data.init
`;

export interface PostgresqlOptions {
  readonly home: string;
  /** Where npm put its packages. */
  readonly modules: string;
  /** Root only: world-readable copies of programs, and the cluster that new instances start from. */
  readonly cache: string;
  readonly clock: Clock;
  readonly host: () => Promise<Host>;
  readonly uidOf: (ordinal: number) => Promise<number | null>;
}

export function createPostgresql(options: PostgresqlOptions): LocalEngine {
  const found = async (): Promise<NonNullable<Awaited<ReturnType<typeof findPackage>>>> => {
    const one = await findPackage(options.modules);
    if (one !== null) return one;
    throw new DbmakerError('engine_unavailable', `The PostgreSQL programs for linux-${process.arch} are not installed.`, { remedy: REMEDY });
  };
  const ready = singleFlight(async () => {
    const host = await options.host();
    const { native, version } = await found();
    const programs = host.root ? await publish({ native, version }, options.cache) : native;
    const parent = path.join(host.root ? options.cache : path.join(options.home, 'engines'), 'clusters');
    return { programs, cluster: await templateCluster(host, options.clock, { parent, programs, version }) };
  });

  const runs = keepSuccess(async (program: string) => promisify(execFile)(program, ['--version'], { timeout: 10_000 }).then(() => true, () => false));

  return {
    name: 'postgresql',
    stopSignal: 'SIGINT', // "fast": ends sessions, writes a checkpoint
    hideDirectory: true,
    socketName: '.s.PGSQL.5432',

    async availability(major) {
      if (major !== null && major !== MAJOR) return { available: false, reason: `The embedded PostgreSQL is version ${MAJOR}, the template asks for ${major}.`, remedy: 'Install Docker.' };
      const one = await findPackage(options.modules);
      if (one === null) return { available: false, reason: `The PostgreSQL programs for linux-${process.arch} are not installed.`, remedy: REMEDY };
      if (await runs(path.join(one.native, 'bin', 'postgres'))) return { available: true };
      return { available: false, reason: 'The PostgreSQL programs do not run on this machine (they need glibc 2.27 or newer).', remedy: 'Install Docker.' };
    },

    async prepare(onProgress, signal) {
      if (signal?.aborted === true) throw new DbmakerError('cancelled', 'This was no longer wanted.');
      onProgress({ step: 'image', message: 'Preparing the PostgreSQL programs' });
      await ready();
    },

    async inspectData(directory) {
      if ((await listDirectory(directory, 1)).length === 0) return 'empty';
      const version = /^\d{1,3}(\.\d{1,3})?$/.exec(((await readHostileText(path.join(directory, 'PG_VERSION'), 16)) ?? '').trim())?.[0] ?? null;
      if (version === String(MAJOR) && !(await existsHostile(path.join(directory, UNFINISHED)))) return 'complete';
      throw new DbmakerError('data_misplaced', version === null || version === String(MAJOR)
        ? 'The data directory of this instance holds something that is not a complete PostgreSQL cluster. Nothing was changed.'
        : `The data of this instance were written by PostgreSQL ${version}; this server has ${MAJOR}. Nothing was changed.`);
    },

    async initialisation(workload) {
      const host = await options.host();
      const { programs, cluster } = await ready();
      const uid = await options.uidOf(workload.ordinal);
      return {
        script: SCRIPT,
        argv: [String(uid ?? '-'), String(host.nobody ?? '-'), cluster, path.join(programs, 'bin', 'postgres'), ...SINGLE],
        input: accessStatements(workload.environment),
      };
    },

    settings: (command) => settingsOf(command, 'postgres', FIXED_SETTINGS),

    // With the lock held nobody of the run before is left, so its pid file can only mislead: the pid may be somebody else's by now.
    staleFiles: ({ socketName }) => ['data/postmaster.pid', `run/${socketName}`, `run/${socketName}.lock`],

    async command(definition) {
      const { programs } = await ready();
      const settings = { ...settingsFor(definition.resources), ...definition.settings, ...fixedSettings(definition.socketName) };
      return [path.join(programs, 'bin', 'postgres'), '-D', '/proc/self/fd/9', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    },

    endedInOrder: (tail) => /database system is shut down\s*$/.test(tail),

    timeOf(line) {
      const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) UTC /.exec(line);
      return match === null ? null : Date.parse(`${match[1] ?? ''}T${match[2] ?? ''}Z`);
    },
  };
}

function fixedSettings(socketName: string): Record<string, string> {
  return {
    listen_addresses: '',
    unix_socket_directories: '../run',
    port: /\.(\d{1,5})$/.exec(socketName)?.[1] ?? '5432',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    // Files under the data directory instead of /dev/shm: a killed run leaves nothing on the machine that outlives the instance.
    dynamic_shared_memory_type: 'mmap',
  };
}

/**
 * The role and database that the official image would make. One statement a line, as `postgres --single` reads them.
 * @throws DbmakerError invalid_request
 */
export function accessStatements(environment: Readonly<Record<string, string>>): string {
  const user = environment['POSTGRES_USER'] ?? 'postgres';
  const database = environment['POSTGRES_DB'] ?? user;
  const password = environment['POSTGRES_PASSWORD'] ?? '';
  for (const [name, value] of Object.entries({ POSTGRES_USER: user, POSTGRES_DB: database, POSTGRES_PASSWORD: password })) {
    if (value === '' || /[\0-\x1f\x7f]/.test(value)) throw new DbmakerError('invalid_request', `${name} must be set, to printable characters.`);
    if (name !== 'POSTGRES_PASSWORD' && Buffer.byteLength(value) > 63) throw new DbmakerError('invalid_request', `${name} may have at most 63 bytes.`);
  }
  if (user === BOOTSTRAP_ROLE || user.startsWith('pg_') || ['template0', 'template1'].includes(database)) {
    throw new DbmakerError('invalid_request', 'This name of a user or database is reserved by PostgreSQL.');
  }
  return [
    `CREATE ROLE ${identifier(user)} SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS LOGIN PASSWORD ${literal(password)};`,
    database === 'postgres'
      ? `ALTER DATABASE ${identifier(database)} OWNER TO ${identifier(user)};`
      : `CREATE DATABASE ${identifier(database)} OWNER ${identifier(user)} STRATEGY FILE_COPY;`,
  ].join('\n');
}

/** Remembers for which argument the answer was yes; a no is asked anew. */
function keepSuccess(check: (argument: string) => Promise<boolean>): (argument: string) => Promise<boolean> {
  const known = new Set<string>();
  return async (argument) => {
    if (!known.has(argument) && (await check(argument))) known.add(argument);
    return known.has(argument);
  };
}
