import { createHash, randomBytes } from 'node:crypto';
import { chown, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../../domain/ports/clock.ts';
import { DbmakerError } from '../../../domain/errors.ts';
import { asFileError, exists, makeDirectory } from '../files.ts';
import { makeOwnDirectory } from '../own-directory.ts';
import type { Host } from '../host.ts';
import { run } from '../run.ts';

/** The cluster's own superuser: owns the system's objects, cannot log in. The person's role is another one. */
export const BOOTSTRAP_ROLE = 'dbmaker_bootstrap';

/** Passwords for everybody, everywhere; no line of trust, not even on the socket. */
const HBA = `# Written by DbMaker.
local all all scram-sha-256
host all all all scram-sha-256
local replication all scram-sha-256
host replication all all scram-sha-256
`;

const INITDB = ['-U', BOOTSTRAP_ROLE, '-E', 'UTF8', '--locale=C.UTF-8', '-A', 'trust', '--data-checksums', '--no-sync', '--no-instructions'];

/** Options of every `postgres --single` run: an error ends it, and no statement (they hold passwords) is ever printed. */
export const SINGLE = [
  '--single', '-F', '-D', '/proc/self/fd/9', '-c', 'exit_on_error=on', '-c', 'log_min_error_statement=panic', '-c', 'log_min_messages=error', '-c', 'log_checkpoints=off', 'postgres',
];

/** An abandoned attempt is cleared away after this long; none takes nearly so long. Milliseconds. */
const ABANDONED_MS = 600_000;

/**
 * An initialised cluster that each new instance copies instead of running initdb (1.3 s). Made once for each version of the programs and
 * of the settings above, atomically: a kill leaves nothing that could be taken for one.
 * It holds no secret and nobody's data: one for all installations of this machine where we may keep one.
 * @returns its directory
 * @throws DbmakerError engine_unavailable, disk_full
 */
export async function templateCluster(host: Host, clock: Clock, options: { parent: string; programs: string; version: string }): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([options.version, HBA, INITDB, SINGLE])).digest('hex').slice(0, 16);
  const { parent } = options;
  const target = path.join(parent, `cluster-${hash}`);
  if (await exists(target)) return target;
  await makeOwnDirectory(parent, 0o700); // closed: inside, the account that made the cluster is the owner, and others may use it too
  await clearAbandoned(parent, clock);
  const temporary = path.join(parent, `tmp-${randomBytes(6).toString('hex')}`);
  try {
    await build(host, clock, temporary, options.programs);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!(await exists(target))) throw asFileError(error, 'The PostgreSQL cluster that new instances start from cannot be made.'); // else another one was faster
  }
  return target;
}

async function build(host: Host, clock: Clock, directory: string, programs: string): Promise<void> {
  await makeDirectory(directory, 0o700);
  if (host.nobody !== null) await chown(directory, host.nobody, host.nobody);
  const step = async (argv: readonly string[], input: string): Promise<void> => {
    const result = await run(host, clock, { argv, input, cwd: directory, uid: host.nobody, hideDirectory: true, timeoutMs: 120_000 });
    if (result.exitCode !== 0) throw failure(result.stderr || result.stdout);
  };
  await step([path.join(programs, 'bin', 'initdb'), '-D', '/proc/self/fd/9', ...INITDB], '');
  await writeFile(path.join(directory, 'pg_hba.conf'), HBA);
  await step([path.join(programs, 'bin', 'postgres'), ...SINGLE], `ALTER ROLE ${BOOTSTRAP_ROLE} NOLOGIN PASSWORD NULL;\n`);
  await step(['sync', '-f', '.'], '');
}

/** What PostgreSQL's own set-up said, as one of our errors. */
export function failure(output: string): DbmakerError {
  const said = output.trim().split('\n').slice(-5).join('\n');
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return new DbmakerError('disk_full', 'The disk of the server is full.', { cause: new Error(said), remedy: 'Make room on the disk that holds DBMAKER_HOME.' });
  }
  return new DbmakerError('runtime_failed', `The data directory of PostgreSQL could not be made: ${said}`);
}

async function clearAbandoned(parent: string, clock: Clock): Promise<void> {
  for (const name of await readdir(parent)) {
    const directory = path.join(parent, name);
    if (name.startsWith('tmp-') && clock.now() - (await stat(directory)).mtimeMs > ABANDONED_MS) await rm(directory, { recursive: true, force: true });
  }
}
