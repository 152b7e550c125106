import { DbmakerError } from '../../domain/errors.ts';
import type { Context, Group } from './context.ts';
import { groupOf, pathsOf } from './context.ts';
import { isAlive, lastRun, processesOf, signal } from './processes.ts';
import type { Run } from './processes.ts';
import { processStatus } from './proc.ts';
import { readDefinition } from './records.ts';
import type { Definition } from './records.ts';
import { waitUntil } from './wait.ts';

const STOP_TIMEOUT_MS = 5_000;

/**
 * Freezes all processes of an instance: by its control group, or, without one, by SIGSTOP to each (a backend forked in between is
 * caught by looking again).
 * @throws DbmakerError not_running
 */
export async function pauseInstance(context: Context, id: string): Promise<void> {
  const paths = pathsOf(context, id);
  const definition = await readDefinition(paths);
  const run = await lastRun(paths);
  if (definition === null || !isAlive(run)) throw new DbmakerError('not_running', 'The instance is not running.');
  const group = await freezableGroup(context, definition);
  if (group !== null) {
    await group.setFrozen(true);
  } else {
    const stopped = await waitUntil(context.clock, async () => {
      const moving = (await processesOf(context, paths, definition)).filter((pid) => processStatus(pid)?.state !== 'T');
      for (const pid of moving) signal(pid, 'SIGSTOP');
      return moving.length === 0;
    }, { timeoutMs: STOP_TIMEOUT_MS });
    if (!stopped) throw new DbmakerError('runtime_failed', 'The instance could not be paused in time.');
  }
  context.changed(id);
}

/** Ends a pause; nothing if there is none. @throws DbmakerError not_running */
export async function resumeInstance(context: Context, id: string): Promise<void> {
  const paths = pathsOf(context, id);
  const definition = await readDefinition(paths);
  const run = await lastRun(paths);
  if (definition === null || !isAlive(run)) throw new DbmakerError('not_running', 'The instance is not running.');
  await thawInstance(context, id, definition);
  context.changed(id);
}

/** As resume, for whatever of it still lives. */
export async function thawInstance(context: Context, id: string, definition: Definition): Promise<void> {
  await (await freezableGroup(context, definition))?.setFrozen(false);
  const paths = pathsOf(context, id);
  for (const pid of await processesOf(context, paths, definition)) {
    if (processStatus(pid)?.state === 'T') signal(pid, 'SIGCONT');
  }
}

export async function isPaused(context: Context, definition: Definition, run: Run): Promise<boolean> {
  if (run.status?.state === 'T') return true;
  return (await (await freezableGroup(context, definition))?.isFrozen()) ?? false;
}

async function freezableGroup(context: Context, definition: Definition): Promise<Group | null> {
  const group = await groupOf(context, definition);
  return group?.canFreeze === true ? group : null;
}
