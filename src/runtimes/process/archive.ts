import type { Readable, Writable } from 'node:stream';
import { DbmakerError } from '../../domain/errors.ts';
import type { Workload } from '../../domain/ports/runtime.ts';
import type { Context } from './context.ts';
import { pathsOf } from './context.ts';
import { ensureData, makeInstanceDirectory } from './data.ts';
import { listDirectory } from './files.ts';
import { findProgram } from './host.ts';
import { pour } from './pour.ts';
import { isAlive, lastRun, processesOf } from './processes.ts';
import { readDefinition } from './records.ts';
import { LOCK_BUSY } from './launch.ts';

/** Data appear complete, or not at all; a cut-off call is followed by another one, which begins by removing everything. */
const CLEAR = 'set -eu\nrm -rf -- data data.init\n';
const WHOLE = `${CLEAR}uid=$1 tar=$2
mkdir -m 0700 data.init
"$tar" -C data.init -xpf - --numeric-owner
[ "$uid" = - ] || chown -R -h "$uid:$uid" data.init
chmod 0700 data.init
sync -f data.init
mv -T -- data.init data
sync -f .
`;
const ADDED = `set -eu
uid=$1 tar=$2
"$tar" -C data -xpf - --no-same-owner
[ "$uid" = - ] || chown -R -h "$uid:$uid" data
sync -f data
`;

/** @see Runtime.exportData */
export async function exportData(context: Context, id: string, output: Writable, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
  const paths = pathsOf(context, id);
  const definition = await readDefinition(paths);
  if (isAlive(await lastRun(paths)) || (await processesOf(context, paths, definition)).length > 0) {
    throw new DbmakerError('conflict', 'The data of an instance can only be archived while it does not run.');
  }
  if ((await listDirectory(paths.data, 1)).length === 0) throw new DbmakerError('data_missing', 'The data directory of this instance is gone.');
  const result = await pour(await context.host(), {
    argv: [tar(), '-C', paths.data, '-cf', '-', '.'], cwd: '/', uid: null, lock: paths.lock, output, ...(signal ? { signal } : {}),
  });
  if (result.exitCode !== 0) throw failure(result);
}

/** @see Runtime.importData */
export async function importData(context: Context, workload: Workload, input: Readable, { mode, signal }: { mode: 'whole' | 'added'; signal?: AbortSignal }): Promise<void> {
  const paths = pathsOf(context, workload.id);
  if ((await readDefinition(paths)) !== null || isAlive(await lastRun(paths))) throw new DbmakerError('conflict', 'This instance was made already; its data are not replaced.');
  const uid = await context.uidOf(workload.ordinal);
  const host = await context.host();
  await makeInstanceDirectory(context, paths, uid);
  const script = async (text: string, from?: Readable): Promise<void> => {
    const result = await pour(host, {
      argv: [host.shell, '-c', text, 'dbmaker-import', String(uid ?? '-'), tar()], cwd: paths.directory, uid: null, lock: paths.lock,
      ...(from ? { input: from } : {}), ...(signal ? { signal } : {}),
    });
    if (result.exitCode !== 0) throw failure(result);
  };
  try {
    if (mode === 'whole') return await script(WHOLE, input);
    await script(CLEAR);
    await ensureData(context, paths, workload, uid);
    await script(ADDED, input);
  } catch (error) {
    // Half of it on a full disk would keep everybody else from writing.
    if (signal?.aborted !== true) await script(CLEAR).catch((later: unknown) => context.log.warn({ err: later, instance: workload.id }, 'what a failed restore had made could not be removed'));
    throw error;
  } finally {
    input.destroy();
  }
}

function tar(): string {
  const found = findProgram('tar');
  if (found === null) throw new DbmakerError('engine_unavailable', 'tar is not installed on this machine.', { remedy: 'apt-get install tar' });
  return found;
}

function failure({ exitCode, stderr }: { exitCode: number; stderr: string }): DbmakerError {
  const words = stderr.trim().split('\n').slice(-3).join('\n');
  if (exitCode === LOCK_BUSY) return new DbmakerError('conflict', 'The data of this instance are in use by another process.', { retryAfterMs: 1000 });
  if (/No space left on device|Disk quota exceeded/.test(words)) {
    return new DbmakerError('disk_full', 'The disk of the server is full.', { cause: new Error(words), remedy: 'Make room on the disk that holds DBMAKER_HOME.' });
  }
  if (/not look like a tar archive|Unexpected EOF/i.test(words)) return new DbmakerError('backup_damaged', 'The archive is not one, or it is cut off.', { cause: new Error(words) });
  return new DbmakerError('runtime_failed', `The data of the instance could not be read or written: ${words}`);
}

