import { rename } from 'node:fs/promises';
import { DbmakerError } from '../../domain/errors.ts';
import type { Workload } from '../../domain/ports/runtime.ts';
import type { Context } from './context.ts';
import { engineOf, groupOf, pathsOf } from './context.ts';
import { ensureData, makeInstanceDirectory } from './data.ts';
import { endOf, forget } from './ending.ts';
import { asFileError, exists, isMissing } from './files.ts';
import type { InstancePaths } from './paths.ts';
import { thawInstance } from './pausing.ts';
import { isAlive, killAll, lastRun, signal } from './processes.ts';
import { aliveStatus } from './proc.ts';
import { readDefinition, writeDefinition } from './records.ts';
import { run } from './run.ts';
import { waitUntil } from './wait.ts';

const REPLACE_GRACE_MS = 30_000;

/** @see Runtime.create */
export async function createInstance(context: Context, workload: Workload): Promise<void> {
  const paths = pathsOf(context, workload.id);
  const engine = engineOf(context, workload.engine);
  if (await exists(paths.removing)) await erase(context, paths.removing); // decided before, and not finished
  const existing = await readDefinition(paths);
  if (existing !== null) {
    if ((await engine.inspectData(paths.data)) !== 'complete') {
      throw new DbmakerError('data_missing', 'The data of this instance are gone. Nothing was made in their place.', { remedy: `Restore ${paths.data} from a backup, or delete the instance.` });
    }
    if (existing.fingerprint === workload.fingerprint) return;
    await stopInstance(context, workload.id, REPLACE_GRACE_MS);
  }
  const uid = existing?.uid ?? (await context.uidOf(workload.ordinal));
  const hasGroups = (await context.cgroups()) !== null;
  await makeInstanceDirectory(context, paths, uid);
  await ensureData(context, paths, workload, uid);
  await forget(paths.process, paths.end);
  await writeDefinition(paths, {
    engine: engine.name,
    fingerprint: workload.fingerprint,
    uid,
    resources: workload.resources,
    socketName: workload.endpoint.kind === 'socket' ? workload.endpoint.name : engine.socketName,
    settings: engine.settings(workload.command),
    cgroup: hasGroups ? `${context.homeId.replaceAll(/[^\w-]/g, '')}.${workload.id}` : null,
  });
}

/** @see Runtime.stop */
export async function stopInstance(context: Context, id: string, graceMs: number): Promise<void> {
  const paths = pathsOf(context, id);
  const definition = await readDefinition(paths);
  const last = await lastRun(paths);
  if (isAlive(last)) {
    if (definition !== null) await thawInstance(context, id, definition);
    // SIGINT where we no longer know what it is: both engines save and end on it.
    signal(last.identity.pid, definition === null ? 'SIGINT' : engineOf(context, definition.engine).stopSignal);
    await waitUntil(context.clock, () => aliveStatus(last.identity) === null, { timeoutMs: graceMs });
  }
  await killAll(context, paths, definition);
  await context.children.get(id);
  if (definition !== null && last !== null) await endOf(context, paths, definition, { ...last, status: null });
  if (isAlive(last)) context.changed(id);
}

/** @see Runtime.discard */
export async function discardInstance(context: Context, id: string): Promise<void> {
  const paths = pathsOf(context, id);
  await stopInstance(context, id, REPLACE_GRACE_MS);
  const definition = await readDefinition(paths);
  await (await groupOf(context, definition))?.remove();
  // The definition last: as long as it is there, a killed discard is seen as unfinished and done again.
  await forget(paths.process, paths.end, paths.log, paths.oldLog, paths.definition);
  if (definition !== null) context.changed(id);
}

/** @see Runtime.remove */
export async function removeInstance(context: Context, id: string): Promise<void> {
  const paths = pathsOf(context, id);
  const existed = await exists(paths.directory);
  if (await exists(paths.removing)) await erase(context, paths.removing);
  if (existed) {
    const definition = await readDefinition(paths);
    await killAll(context, paths, definition);
    await context.children.get(id);
    await (await groupOf(context, definition))?.remove();
    await moveAside(paths);
    await erase(context, paths.removing);
  }
  for (const directory of [paths.directory, paths.removing]) {
    if (await exists(directory)) throw new DbmakerError('runtime_failed', 'The data of the instance are still there after they were removed.');
  }
  if (existed) context.changed(id);
}

async function moveAside(paths: InstancePaths): Promise<void> {
  try {
    await rename(paths.directory, paths.removing);
  } catch (error) {
    if (isMissing(error)) return; // another server removes it too
    throw asFileError(error, 'The directory of the instance cannot be removed.');
  }
}

/** By rm(1): it walks by descriptors, so that a symlink put in its way by the instance's owner leads nowhere. */
async function erase(context: Context, directory: string): Promise<void> {
  const result = await run(await context.host(), context.clock, {
    argv: ['rm', '-rf', '--one-file-system', '--', directory], cwd: '/', uid: null, timeoutMs: 600_000,
  });
  if (result.exitCode !== 0) throw new DbmakerError('runtime_failed', `The data of the instance cannot be removed: ${result.stderr.trim().split('\n').at(-1) ?? ''}`);
}
