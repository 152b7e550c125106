import { open } from 'node:fs/promises';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { constants } from 'node:os';
import { DbmakerError, asDbmakerError } from '../../domain/errors.ts';
import type { Workload } from '../../domain/ports/runtime.ts';
import type { Context } from './context.ts';
import { engineOf, groupOf, pathsOf } from './context.ts';
import { endOf, forget } from './ending.ts';
import { asFileError } from './files.ts';
import { GROUP_GONE, LOCK_BUSY, launch } from './launch.ts';
import { cutLog, logTail } from './log-file.ts';
import type { InstancePaths } from './paths.ts';
import { clearLeftovers, isAlive, lastRun, refuseForeignUse } from './processes.ts';
import { readDefinition } from './records.ts';
import type { Definition } from './records.ts';
import { pause } from '../../domain/pause.ts';

const ATTEMPTS = 5;
const RETRY_MS = 100;

/**
 * Starts the engine unless it runs. Whoever started it: the lock decides, not this server's memory.
 * @throws DbmakerError data_missing, conflict (the data are in use by another program), runtime_failed, disk_full
 */
export async function startInstance(context: Context, workload: Workload): Promise<void> {
  const paths = pathsOf(context, workload.id);
  const definition = await readDefinition(paths);
  if (definition === null) throw new DbmakerError('runtime_failed', 'The instance has to be created before it is started.');
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (isAlive(await lastRun(paths))) return;
    await context.children.get(workload.id); // how the run before ended is written down before a new one begins
    await clearLeftovers(context, paths, definition);
    if (isAlive(await lastRun(paths))) return;
    if ((await engineOf(context, definition.engine).inspectData(paths.data)) !== 'complete') {
      throw new DbmakerError('data_missing', 'The data of this instance are gone. Nothing was made in their place.', { remedy: `Restore ${paths.data} from a backup, or delete the instance.` });
    }
    refuseForeignUse(paths, definition.uid);
    if (await tryStart(context, workload.id, paths, definition)) return;
    await pause(context.clock, RETRY_MS); // another server is starting it right now: its record will tell
  }
  throw new DbmakerError('runtime_failed', 'The instance stays locked by another process.');
}

/** false: somebody else is starting it. */
async function tryStart(context: Context, id: string, paths: InstancePaths, definition: Definition): Promise<boolean> {
  const host = await context.host();
  const engine = engineOf(context, definition.engine);
  const argv = await engine.command(definition);
  await forget(paths.end);
  await cutLog(paths);
  const group = await groupOf(context, definition);
  if (((await group?.processes()) ?? []).length > 0) return false;
  let join: readonly string[];
  try {
    join = (await group?.prepare()) ?? [];
  } catch (error) {
    // What another server, killed meanwhile, had begun to start has joined the group since we looked.
    if (((await group?.processes()) ?? []).length > 0) return false;
    throw error;
  }
  const log = await openLog(paths);
  try {
    const child = launch(host, {
      argv,
      cwd: paths.data,
      uid: definition.uid,
      lock: paths.lock,
      record: paths.process,
      join,
      unlink: engine.staleFiles(definition).map((name) => path.join(paths.directory, name)),
      hideDirectory: engine.hideDirectory,
      isolate: true,
      output: log.fd,
      input: 'ignore',
    });
    const outcome = await firstWord(child);
    if (outcome.code === LOCK_BUSY || outcome.code === GROUP_GONE) return false;
    if (outcome.code !== undefined) throw new DbmakerError('runtime_failed', `The instance could not be started.\n${await logTail(paths.log, 2048)}`.trim());
    // Registered before anything is awaited again: the exit must not slip by unseen.
    context.children.set(id, outcome.exit.then((code) => ended(context, id, paths, definition, code)));
  } catch (error) {
    throw asDbmakerError(error, 'runtime_failed', 'The instance could not be started.');
  } finally {
    await log.close();
  }
  context.log.info({ instance: id, engine: definition.engine }, 'instance started');
  context.changed(id);
  return true;
}

async function openLog(paths: InstancePaths): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    return await open(paths.log, 'a', 0o600);
  } catch (error) {
    throw asFileError(error, 'The log of the instance cannot be opened.');
  }
}

/** Waits until the launcher says that it has recorded itself, or ends. Rejects when there is no launcher at all. */
function firstWord(child: ChildProcess): Promise<{ code?: number; exit: Promise<number> }> {
  return new Promise((resolve, reject) => {
    const exit = new Promise<number>((exited) => {
      child.once('exit', (code, signal) => exited(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
    const channel = child.stdio[3];
    channel?.once('data', () => {
      channel.destroy();
      child.unref(); // it outlives us, and we do not wait for it
      resolve({ exit });
    });
    channel?.once('error', () => undefined); // closed without a word: the exit tells
    child.once('error', reject);
    void exit.then((code) => resolve({ code, exit }));
  });
}

async function ended(context: Context, id: string, paths: InstancePaths, definition: Definition, exitCode: number): Promise<void> {
  try {
    const run = await lastRun(paths);
    if (run?.status === null) await endOf(context, paths, definition, run, exitCode);
  } catch (error) {
    context.log.warn({ instance: id, err: error }, 'how the instance ended could not be written down');
  }
  context.log.info({ instance: id, exitCode }, 'instance ended');
  context.children.delete(id);
  context.changed(id);
}
