import { DbmakerError } from '../../domain/errors.ts';
import type { ExecResult, Stats, StreamOptions } from '../../domain/ports/runtime.ts';
import type { Context } from './context.ts';
import { groupOf, pathsOf } from './context.ts';
import type { InstancePaths } from './paths.ts';
import { pour } from './pour.ts';
import { isAlive, lastRun, processesOf } from './processes.ts';
import { processMemory, processStatus } from './proc.ts';
import { readDefinition } from './records.ts';
import type { Definition } from './records.ts';
import { run } from './run.ts';

/** Of /proc's clock: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** @see Runtime.exec */
export async function execInside(context: Context, id: string, argv: readonly string[], options: { input?: string; timeoutMs?: number } = {}): Promise<ExecResult> {
  const { paths, definition } = await running(context, id);
  return run(await context.host(), context.clock, {
    argv,
    cwd: paths.data,
    uid: definition.uid,
    join: await (await groupOf(context, definition))?.joinFiles() ?? [],
    isolate: true,
    ...options,
  });
}

/** @see Runtime.stream */
export async function streamInside(context: Context, id: string, argv: readonly string[], options: StreamOptions): Promise<Omit<ExecResult, 'stdout'>> {
  const { paths, definition } = await running(context, id);
  return pour(await context.host(), { argv, cwd: paths.data, uid: definition.uid, join: await (await groupOf(context, definition))?.joinFiles() ?? [], isolate: true, ...options });
}

/** @see Runtime.stats */
export async function statsOf(context: Context, id: string, { disk = true }: { disk?: boolean } = {}): Promise<Stats> {
  const { paths, definition } = await running(context, id);
  const group = await groupOf(context, definition);
  const [usage, diskBytes] = await Promise.all([group?.usage(), disk ? bytesIn(context, paths.data) : 0]);
  if (usage) return { ...usage, diskBytes };
  const pids = await processesOf(context, paths, definition);
  const ticks = pids.reduce((sum, pid) => sum + (processStatus(pid)?.cpuTicks ?? 0), 0);
  return {
    cpuMs: (ticks * 1000) / TICKS_PER_SECOND,
    memoryBytes: pids.reduce((sum, pid) => sum + processMemory(pid), 0),
    diskBytes,
    processes: pids.length,
  };
}

async function running(context: Context, id: string): Promise<{ paths: InstancePaths; definition: Definition }> {
  const paths = pathsOf(context, id);
  const definition = await readDefinition(paths);
  if (definition === null || !isAlive(await lastRun(paths))) throw new DbmakerError('not_running', 'The instance is not running.');
  return { paths, definition };
}

/** By du(1): it follows no symlink. Files that vanish while it counts make it exit with 1, the sum is good all the same. */
async function bytesIn(context: Context, directory: string): Promise<number> {
  const { stdout } = await run(await context.host(), context.clock, { argv: ['du', '-s', '-x', '-B1', '--', directory], cwd: '/', uid: null });
  const bytes = Number.parseInt(stdout, 10);
  if (!Number.isFinite(bytes)) throw new DbmakerError('runtime_failed', 'The size of the instance\'s data cannot be measured.');
  return bytes;
}
