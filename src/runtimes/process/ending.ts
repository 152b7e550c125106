import { rm } from 'node:fs/promises';
import type { Context } from './context.ts';
import { groupOf } from './context.ts';
import { asFileError, isMissing } from './files.ts';
import { logTail } from './log-file.ts';
import type { InstancePaths } from './paths.ts';
import type { Run } from './processes.ts';
import { readEnd, writeEnd } from './records.ts';
import type { Definition, EndRecord } from './records.ts';

const key = (run: Run): string => `${run.identity.bootId} ${run.identity.pid} ${run.identity.startTicks}`;

/**
 * How a run that has ended ended. The server that started it wrote it down (`exitCode` given); after an adoption nobody saw the code,
 * and only the engine's own last words tell: then it is worked out and written down here, so that every later look says the same.
 */
export async function endOf(context: Context, paths: InstancePaths, definition: Definition, run: Run, exitCode?: number | null): Promise<EndRecord> {
  const known = await readEnd(paths);
  if (known?.run === key(run) && (exitCode === undefined || known.exitCode !== null)) return known;
  const kills = await (await groupOf(context, definition))?.outOfMemoryKills() ?? 0;
  const seen = exitCode ?? (context.engines[definition.engine].endedInOrder(await logTail(paths.log, 4096)) ? 0 : null);
  const end: EndRecord = { run: key(run), exitCode: seen, outOfMemory: kills > 0 && seen !== 0, finishedAt: context.clock.now() };
  try {
    await writeEnd(paths, end);
  } catch (error) {
    if (!(error instanceof Error && isMissing(error.cause))) throw error; // it was removed meanwhile: nobody asks how it ended
  }
  return end;
}

export async function forget(...files: readonly string[]): Promise<void> {
  for (const file of files) {
    try {
      await rm(file, { force: true });
    } catch (error) {
      throw asFileError(error, 'A record of the instance cannot be removed.');
    }
  }
}
