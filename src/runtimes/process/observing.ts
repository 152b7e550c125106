import type { Observation } from '../../domain/ports/runtime.ts';
import type { Context } from './context.ts';
import { pathsOf } from './context.ts';
import { endOf } from './ending.ts';
import { exists, listDirectory } from './files.ts';
import { idOfEntry, instancesDirectory } from './paths.ts';
import { isPaused } from './pausing.ts';
import { isAlive, lastRun } from './processes.ts';
import { readDefinition } from './records.ts';

/** How many instances are looked at at a time: each takes a handful of small reads. */
const PARALLEL = 16;

/** @see Runtime.observe */
export async function observeInstance(context: Context, id: string): Promise<Observation> {
  const paths = pathsOf(context, id);
  const [definition, run, entries, removing] = await Promise.all([
    readDefinition(paths), lastRun(paths), listDirectory(paths.data, 1), exists(paths.removing),
  ]);
  const base = {
    id, exitCode: null, outOfMemory: false, startedAt: run?.startedAt ?? null, finishedAt: null, endpoint: null,
    fingerprint: definition?.fingerprint ?? null, dataPresent: removing || entries.length > 0,
  };
  if (definition === null) return { ...base, state: isAlive(run) ? 'running' : 'absent' };
  if (run === null) return { ...base, state: 'created' };
  if (isAlive(run)) {
    const endpoint = { kind: 'unix', directory: paths.run, name: definition.socketName } as const;
    return { ...base, endpoint, state: (await isPaused(context, definition, run)) ? 'paused' : 'running' };
  }
  await context.children.get(id); // ours: the exit code is about to be known
  const { exitCode, outOfMemory, finishedAt } = await endOf(context, paths, definition, run);
  return { ...base, state: 'exited', exitCode, outOfMemory, finishedAt };
}

/** @see Runtime.observeAll */
export async function observeAllInstances(context: Context): Promise<Observation[]> {
  const ids = await knownIds(context);
  const found: Observation[] = [];
  for (let i = 0; i < ids.length; i += PARALLEL) {
    found.push(...(await Promise.all(ids.slice(i, i + PARALLEL).map((id) => observeInstance(context, id)))));
  }
  return found;
}

/** Every instance that has a directory here, also one that is half removed. */
export async function knownIds(context: Context): Promise<string[]> {
  const names = await listDirectory(instancesDirectory(context.home));
  return [...new Set(names.map(idOfEntry).filter((id) => id !== null))];
}
