import { createGunzip, createGzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { PassThrough, type Writable } from 'node:stream';
import { DbmakerError } from '../../domain/errors.ts';
import type { BackupAccess, EngineBackup } from '../../domain/ports/engine.ts';
import { APPLICATION_NAME, type Session, withSession } from './session.ts';

/** How the programs below are known in pg_stat_activity. */
const BACKUP_NAME = 'dbmaker-backup';
const GLOBALS = 'globals.sql.gz';
/** A database that every cluster has, to stand in while others are made. */
const MAINTENANCE_DATABASE = 'template1';
/** It lets go of memory, temporary files and locks when it is asked to, which takes a moment. */
const ENDING_MS = 5000;

interface Details {
  readonly databases: readonly { readonly name: string; readonly file: string }[];
  readonly roles: readonly string[];
}

/** One file in pg_dump's custom format for each database, and one of SQL for what they share: roles and their passwords (as SCRAM verifiers). */
export const backup: EngineBackup = {
  format: 'pg_dump',
  needsPrograms: true,

  async dump(access, writer) {
    const version = await programVersion(access);
    const { databases, roles, server } = await withSession(access.target, async (session) => {
      await endOthers(session);
      await requireNonePrepared(session);
      return contents(session);
    });
    if (version < server) throw new DbmakerError('unsupported', `The instance has pg_dump ${String(version)}, which cannot read its PostgreSQL ${String(server)}.`);
    const files = databases.map((name, index) => ({ name, file: `database-${String(index + 1)}.dump` }));
    await writer.file(GLOBALS, (output) => globals(access, output));
    for (const { name, file } of files) {
      await writer.file(file, (output) => mustWork('pg_dump', run(access, ['pg_dump', '-Fc', compression(version), '--no-password', '-d', connectionString(name)], { output })));
    }
    await withSession(access.target, requireAlone);
    return { databases: files, roles } satisfies Details;
  },

  async check(access, read, details) {
    for (const { name, file } of detailsOf(details).databases) {
      const output = new PassThrough();
      const [result, lines] = await Promise.all([run(access, ['pg_restore', '--list'], { input: await read(file), output }), countLines(output)]);
      if (result.exitCode !== 0 || lines < 5) {
        throw new DbmakerError('backup_damaged', `pg_restore cannot read the backup of the database ${name}: ${lastLine(result.stderr)}`);
      }
    }
  },

  async restore(access, read, details) {
    const { databases, roles } = detailsOf(details);
    await withSession(access.target, endOthers); // programs of an attempt that was cut off
    const sql = createGunzip();
    const unpacking = pipeline(await read(GLOBALS), sql);
    unpacking.catch(() => undefined); // psql's input ends with it
    // Some roles are there already (this login's): those statements fail, which is right. What counts is looked at afterwards.
    await mustWork('psql', run(access, ['psql', '-X', '-q', '-w', '-d', connectionString(MAINTENANCE_DATABASE)], { input: sql }));
    await unpacking;
    await withSession({ ...access.target, database: MAINTENANCE_DATABASE }, async (session) => requireRoles(session, roles));
    for (const { file } of databases) {
      await withSession({ ...access.target, database: MAINTENANCE_DATABASE }, endOthers);
      // Made anew each time: what an attempt that was cut off had restored goes with its database.
      const argv = ['pg_restore', '--clean', '--if-exists', '--create', '--exit-on-error', '--no-tablespaces', '--no-password', '-d', connectionString(MAINTENANCE_DATABASE)];
      await mustWork('pg_restore', run(access, argv, { input: await read(file) }));
    }
    await withSession(access.target, (session) => session.rows('CHECKPOINT'), 600_000);
  },

  seed: null,
};

/** Major version of the pg_dump inside. @throws unsupported when there is none */
async function programVersion(access: BackupAccess): Promise<number> {
  const output = new PassThrough();
  let text = '';
  output.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  try {
    const { exitCode } = await access.run(['pg_dump', '--version'], { output });
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(text)?.[1]);
    if (exitCode === 0 && major > 0) return major;
  } catch (error) {
    if (!(error instanceof DbmakerError) || !['exited_at_start', 'runtime_failed'].includes(error.code)) throw error;
  }
  throw new DbmakerError('unsupported', 'There is no pg_dump inside the instance.');
}

/** Level 1 is twice as fast as the default and hardly larger; zstd (from 16 on) is both faster and smaller. */
function compression(version: number): string {
  return version >= 16 ? '--compress=zstd:3' : '--compress=1';
}

async function contents(session: Session): Promise<{ databases: string[]; roles: string[]; server: number }> {
  const rows = await session.rows(`SELECT datname, datallowconn::text FROM pg_database WHERE datname NOT IN ('template0', 'template1') ORDER BY datname`);
  const closed = rows.find((row) => row['datallowconn'] !== 'true');
  if (closed) throw new DbmakerError('unsupported', `The database ${closed['datname'] ?? ''} takes no connections, so pg_dump cannot read it.`);
  const roles = await session.rows(`SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname`);
  const [version] = await session.rows(`SELECT current_setting('server_version_num') AS number`);
  return { databases: rows.flatMap((row) => row['datname'] ?? []), roles: roles.flatMap((row) => row['rolname'] ?? []), server: Math.floor(Number(version?.['number'] ?? 0) / 10_000) };
}

const OTHERS = `pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()`;

/** Ends the sessions of everybody else, our own programs of before included, and waits until they are gone. */
async function endOthers(session: Session): Promise<void> {
  const [row] = await session.rows(`SELECT bool_and(pg_terminate_backend(pid, ${String(ENDING_MS)})) AS gone FROM ${OTHERS}`);
  if (row?.['gone'] === 'f') throw new DbmakerError('conflict', 'Sessions in the database do not end.', { retryAfterMs: 1000 });
}

/** @throws conflict: somebody may have written what the dump does not have */
async function requireAlone(session: Session): Promise<void> {
  const [row] = await session.rows(`SELECT count(*) AS others FROM ${OTHERS} AND application_name NOT IN ('${APPLICATION_NAME}', '${BACKUP_NAME}')`);
  if (row?.['others'] !== '0') throw new DbmakerError('conflict', 'Somebody connected to the database while it was being backed up; it is backed up again.', { retryAfterMs: 1000 });
}

/** What was prepared for a commit in two phases is confirmed to somebody, and in no dump. @throws unsupported */
async function requireNonePrepared(session: Session): Promise<void> {
  const [row] = await session.rows('SELECT count(*) AS prepared FROM pg_prepared_xacts');
  if (row?.['prepared'] !== '0') throw new DbmakerError('unsupported', 'There are prepared transactions in the database, which pg_dump leaves out.');
}

async function requireRoles(session: Session, wanted: readonly string[]): Promise<void> {
  const missing = await session.rows('SELECT name FROM unnest($1::text[]) AS name WHERE name NOT IN (SELECT rolname FROM pg_roles)', [`{${wanted.map((name) => `"${name.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`]);
  if (missing.length > 0) throw new DbmakerError('backup_failed', `The role ${missing[0]?.['name'] ?? ''} could not be restored.`);
}

async function globals(access: BackupAccess, output: Writable): Promise<void> {
  const gzip = createGzip();
  const packing = pipeline(gzip, output);
  packing.catch(() => undefined); // the program's output ends with it
  await mustWork('pg_dumpall', run(access, ['pg_dumpall', '--globals-only', '--no-tablespaces', '--no-password', '-d', connectionString(MAINTENANCE_DATABASE)], { output: gzip }));
  await packing;
}

/** Settings that an owner can put on roles and databases do not reach it: those of the environment win. */
function run(access: BackupAccess, argv: readonly string[], pouring: Parameters<BackupAccess['run']>[1] = {}): ReturnType<BackupAccess['run']> {
  const { target, socketDirectory, port } = access;
  return access.run(argv, {
    ...pouring,
    environment: {
      PGHOST: socketDirectory ?? '127.0.0.1', PGPORT: String(port), PGUSER: target.username, PGPASSWORD: target.password, PGAPPNAME: BACKUP_NAME, PGCONNECT_TIMEOUT: '15',
      PGOPTIONS: '-c role=none -c statement_timeout=0 -c lock_timeout=60000 -c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off', LC_ALL: 'C',
    },
  });
}

/** A name may hold anything, also what would be read as a connection string. */
function connectionString(database: string): string {
  return `dbname='${database.replaceAll(/['\\]/g, '\\$&')}'`;
}

async function mustWork(program: string, running: ReturnType<BackupAccess['run']>): Promise<void> {
  const { exitCode, stderr } = await running;
  if (exitCode === 0) return;
  const said = lastLine(stderr);
  if (/password authentication failed/.test(said)) throw new DbmakerError('access_denied', `${program} was not let in.`, { cause: new Error(said) });
  if (/No space left on device|could not extend file/.test(stderr)) throw new DbmakerError('disk_full', 'PostgreSQL has no space left on its disk.', { cause: new Error(said) });
  throw new DbmakerError('backup_failed', `${program} ended with ${String(exitCode)}: ${said}`);
}

function lastLine(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return (lines.findLast((line) => /error|fatal/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 500);
}

async function countLines(output: PassThrough): Promise<number> {
  let lines = 0;
  for await (const chunk of output) lines += (chunk as Buffer).toString('latin1').split('\n').length - 1;
  return lines;
}

/** What dump() returned, back from JSON. */
function detailsOf(details: Readonly<Record<string, unknown>>): Details {
  const { databases, roles } = details as Partial<Details>;
  if (!Array.isArray(databases) || !Array.isArray(roles)) throw new DbmakerError('backup_damaged', 'The backup does not say which databases are in it.');
  return { databases, roles };
}
