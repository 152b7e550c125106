import { chmod, chown, lstat, open, stat } from 'node:fs/promises';
import { DbmakerError } from '../../domain/errors.ts';
import type { Workload } from '../../domain/ports/runtime.ts';
import type { Context } from './context.ts';
import { engineOf } from './context.ts';
import { asFileError, isMissing, makeDirectory } from './files.ts';
import { LOCK_BUSY } from './launch.ts';
import type { InstancePaths } from './paths.ts';
import { instancesDirectory } from './paths.ts';
import { clearLeftovers, refuseForeignUse } from './processes.ts';
import { run } from './run.ts';

const ATTEMPTS = 5;
const END_OF_INPUT = '-- end of input';
const INPUT_CUT = 70;
const ALREADY_THERE = 71;

/**
 * Makes the data under another name and renames them when they are complete and on the disk: a kill at any point, of the server or of
 * this script, leaves either none or all. The script also goes on alone when only the server was killed; it holds the instance's lock
 * meanwhile. What it reads is checked to be whole, or a server killed while writing would make half an initialisation. What failed is
 * removed at once: half a cluster on a full disk would keep everybody else from writing, the store that has to say so first of all.
 * A killed server's script may have completed between our look and the lock: what is there now is looked at again.
 */
const script = (body: string): string => `
set -eu
input=$(cat)
case $input in *"${END_OF_INPUT}") input=\${input%"${END_OF_INPUT}"} ;; *) exit ${INPUT_CUT} ;; esac
if [ -n "$(ls -A data 2>/dev/null || true)" ]; then exit ${ALREADY_THERE}; fi
rm -rf -- data.init
trap 'rm -rf -- data.init' EXIT
${body}
sync -f data.init
mv -T -- data.init data
sync -f .
`;

/** The instance's own directory, its lock and its `run`. What stands there and is not ours is refused. */
export async function makeInstanceDirectory(context: Context, paths: InstancePaths, uid: number | null): Promise<void> {
  await makeDirectory(instancesDirectory(context.home), 0o711);
  await makeDirectory(paths.directory, 0o711);
  await refuseForeign(paths.directory);
  try {
    await chmod(paths.directory, 0o711); // the instance's uid walks through it (../run), nobody else may enter what is in it
    await (await open(paths.lock, 'a', 0o600)).close();
    await makeDirectory(paths.run, 0o700);
    if (uid !== null) await chown(paths.run, uid, uid);
  } catch (error) {
    throw asFileError(error, 'The directory of the instance cannot be made.');
  }
}

/**
 * Makes sure of complete data. Existing ones are kept as they are; something else in their place is refused.
 * @throws DbmakerError data_misplaced, disk_full, runtime_failed
 */
export async function ensureData(context: Context, paths: InstancePaths, workload: Workload, uid: number | null): Promise<void> {
  const engine = engineOf(context, workload.engine);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if ((await engine.inspectData(paths.data)) === 'complete') return takeOver(context, paths, uid);
    const made = await initialise(context, paths, workload);
    if (made) return;
    await clearLeftovers(context, paths, null); // an initialisation of a killed server: it may complete, so look again
  }
  throw new DbmakerError('runtime_failed', 'The data directory of the instance stays locked by another process, or holds something that is no complete database.');
}

/** false: somebody else holds the lock, or has just been at it. */
async function initialise(context: Context, paths: InstancePaths, workload: Workload): Promise<boolean> {
  const host = await context.host();
  const { script: body, argv, input } = await engineOf(context, workload.engine).initialisation(workload);
  const result = await run(host, context.clock, {
    argv: [host.shell, '-c', script(body), 'dbmaker-init', ...argv],
    input: `${input}\n${END_OF_INPUT}`,
    cwd: paths.directory,
    uid: null,
    lock: paths.lock,
  });
  if (result.exitCode === 0) return true;
  if (result.exitCode === LOCK_BUSY || result.exitCode === ALREADY_THERE) return false;
  const said = result.stderr.trim().split('\n').slice(-5).join('\n');
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    throw new DbmakerError('disk_full', 'The disk of the server is full.', { cause: new Error(said), remedy: 'Make room on the disk that holds DBMAKER_HOME.' });
  }
  throw new DbmakerError('runtime_failed', `The data of the instance could not be made: ${said}`);
}

/** Data that were made under another uid (by the Docker runtime, or on another machine) become the instance's. */
async function takeOver(context: Context, paths: InstancePaths, uid: number | null): Promise<void> {
  if (uid === null || (await stat(paths.data)).uid === uid) return;
  refuseForeignUse(paths, uid);
  const host = await context.host();
  // GNU chown -R follows no symlink.
  const result = await run(host, context.clock, { argv: ['chown', '-R', '-P', `${uid}:${uid}`, paths.data], cwd: paths.directory, uid: null, lock: paths.lock });
  if (result.exitCode !== 0) throw new DbmakerError('runtime_failed', `The data of the instance cannot be handed to its user: ${result.stderr.trim()}`);
}

async function refuseForeign(directory: string): Promise<void> {
  try {
    const status = await lstat(directory);
    if (status.isDirectory() && status.uid === process.getuid?.()) return;
  } catch (error) {
    if (isMissing(error)) return;
    throw asFileError(error, 'The directory of the instance cannot be looked at.');
  }
  throw new DbmakerError('data_misplaced', 'What stands in the place of the instance\'s directory was not made by this server. Nothing was changed.');
}
