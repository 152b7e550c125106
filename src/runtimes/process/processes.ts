import { stat } from 'node:fs/promises';
import { DbmakerError } from '../../domain/errors.ts';
import type { Context } from './context.ts';
import { groupOf } from './context.ts';
import { asFileError, isMissing, readText } from './files.ts';
import type { InstancePaths } from './paths.ts';
import { UID_BASE } from './host.ts';
import { aliveStatus, descendants, isEnded, occupants, parseIdentity, processesOfUser, programOf } from './proc.ts';
import type { ProcessIdentity, ProcessStatus } from './proc.ts';
import type { Definition } from './records.ts';
import { waitUntil } from './wait.ts';

/** Backends of a killed postmaster notice by themselves and end; this long they may take. Milliseconds. */
const LEFTOVER_GRACE_MS = 5_000;
const KILL_TIMEOUT_MS = 15_000;

export interface Run {
  readonly identity: ProcessIdentity;
  /** null: it has ended. */
  readonly status: ProcessStatus | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Whether there is a run and it has not ended. */
export function isAlive(run: Run | null): run is Run & { readonly status: ProcessStatus } {
  return run !== null && run.status !== null;
}

/** The last run of an instance, or null if there was none. */
export async function lastRun(paths: InstancePaths): Promise<Run | null> {
  const identity = parseIdentity(await readText(paths.process));
  const startedAt = identity === null ? null : await writtenAt(paths.process);
  return identity === null || startedAt === null ? null : { identity, status: aliveStatus(identity), startedAt };
}

/** Milliseconds since 1970; null: it was removed just now. */
async function writtenAt(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return null;
    throw asFileError(error, 'The record of the instance\'s process cannot be looked at.');
  }
}

/**
 * All processes of an instance: its last run and what descends from it, those in its control group, those that hold its lock, those of
 * its uid: in its directories, or, where the uid cannot be anybody else's, wherever they hide: nobody's may be left when a port, and with
 * it the uid, goes to another owner. Locks and directories cannot be seen where root may not look into other processes (a container
 * without CAP_SYS_PTRACE).
 */
export async function processesOf(context: Context, paths: InstancePaths, definition: Definition | null): Promise<number[]> {
  const grouped = await (await groupOf(context, definition))?.processes() ?? [];
  const last = await lastRun(paths);
  const running = isAlive(last) ? descendants(last.identity.pid) : [];
  const uid = definition?.uid ?? process.getuid?.();
  const standing = occupants([paths.data, paths.init, paths.run], paths.lock).filter((one) => one.locks || (definition !== null && one.uid === uid));
  const hidden = definition !== null && definition.uid !== null && definition.uid >= UID_BASE ? processesOfUser(definition.uid, paths.lock) : [];
  return [...new Set([...running, ...grouped, ...standing.map((one) => one.pid), ...hidden])].filter((pid) => pid !== process.pid && !isEnded(pid));
}

/**
 * Refuses to go on while a process of somebody else works in the data, such as a container of the Docker runtime: two servers on the
 * same files would destroy them, and such a process does not hold our lock.
 * @throws DbmakerError conflict
 */
export function refuseForeignUse(paths: InstancePaths, uid: number | null): void {
  const stranger = occupants([paths.data], paths.lock).find((one) => !one.locks && one.uid !== (uid ?? process.getuid?.()) && one.uid !== 0);
  if (stranger === undefined) return;
  throw new DbmakerError('conflict', `The data of this instance are in use by another program (${programOf(stranger.pid)}, process ${stranger.pid}).`, {
    remedy: 'Stop that program, or start DbMaker with the runtime that it belongs to (DBMAKER_RUNTIME=docker).',
  });
}

/**
 * Ends what a killed run or set-up left behind: waits a while, then kills. Leaves alone what turns out to be a run that another server
 * started just now.
 */
export async function clearLeftovers(context: Context, paths: InstancePaths, definition: Definition | null): Promise<void> {
  await thaw(context, definition);
  const settled = await waitUntil(context.clock, async () => isAlive(await lastRun(paths)) || (await processesOf(context, paths, definition)).length === 0, {
    timeoutMs: LEFTOVER_GRACE_MS, intervalMs: 50,
  });
  if (!settled) await killAll(context, paths, definition);
}

/** Kills every process of the instance and resolves when none is left. @throws DbmakerError runtime_failed */
export async function killAll(context: Context, paths: InstancePaths, definition: Definition | null): Promise<void> {
  await thaw(context, definition); // frozen ones do not die
  const gone = await waitUntil(context.clock, async () => {
    const pids = await processesOf(context, paths, definition);
    for (const pid of pids) signal(pid, 'SIGKILL');
    return pids.length === 0;
  }, { timeoutMs: KILL_TIMEOUT_MS, intervalMs: 20 });
  if (!gone) throw new DbmakerError('runtime_failed', 'The instance could not be ended: its processes do not react to being killed.');
}

/** SIGKILL reaches a stopped process but not one whose control group is frozen. */
async function thaw(context: Context, definition: Definition | null): Promise<void> {
  const group = await groupOf(context, definition);
  if (group?.canFreeze === true) await group.setFrozen(false);
}

/** Sends a signal; false when there is no such process any more. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw new DbmakerError('runtime_failed', 'The instance\'s process cannot be reached by a signal.', { cause: error });
  }
}
