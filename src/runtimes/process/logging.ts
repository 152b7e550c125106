import type { LogLine } from '../../domain/ports/runtime.ts';
import type { Context } from './context.ts';
import { pathsOf } from './context.ts';
import { logTail, readRange, sizeOf } from './log-file.ts';
import { isAlive, lastRun } from './processes.ts';
import { readDefinition } from './records.ts';
import { pause } from '../../domain/pause.ts';

const LOOK_MS = 200;
const CHUNK_BYTES = 256 * 1024;
/** The last lines are looked for in this much of the log. */
const TAIL_BYTES = 5 * 1024 * 1024;
/** A longer line is cut into pieces: memory stays bounded whatever an engine writes. */
const LONGEST_LINE = 64 * 1024;

/** @see Runtime.logs */
export async function* readLogs(context: Context, id: string, options: { tail: number; follow: boolean; signal?: AbortSignal }): AsyncGenerator<LogLine> {
  const paths = pathsOf(context, id);
  const definition = await readDefinition(paths);
  const engine = definition === null ? null : context.engines[definition.engine];
  const stream = definition?.engine === 'redis' ? 'stdout' : 'stderr';
  const line = (text: string): LogLine => ({ at: engine?.timeOf(text) ?? null, stream, text });

  let offset = await sizeOf(paths.log);
  const recent = await logTail(paths.log, Math.min(offset, TAIL_BYTES));
  const lines = linesOf(recent);
  if (lines.length < options.tail) lines.unshift(...linesOf(await logTail(paths.oldLog, TAIL_BYTES)));
  // A line that is being written: its rest comes with what follows.
  let rest = options.follow && !recent.endsWith('\n') && recent !== '' ? lines.pop() ?? '' : '';
  const count = rest === '' ? options.tail : options.tail - 1;
  for (const text of count > 0 ? lines.slice(-count) : []) yield line(text);

  while (options.follow && options.signal?.aborted !== true) {
    const running = isAlive(await lastRun(paths)); // asked before reading: what it wrote last is then in the file
    const size = await sizeOf(paths.log);
    if (size < offset) offset = 0; // it was cut
    if (size > offset) {
      const chunk = await readRange(paths.log, offset, Math.min(CHUNK_BYTES, size - offset));
      const end = chunk.lastIndexOf(0x0a) + 1;
      const whole = end > 0 ? end : chunk.length < LONGEST_LINE ? 0 : chunk.length;
      offset += whole;
      for (const text of linesOf(rest + chunk.subarray(0, whole).toString('utf8'))) yield line(text);
      if (whole > 0) rest = '';
      if (whole > 0) continue;
    }
    if (!running) break;
    await pause(context.clock, LOOK_MS, options.signal);
  }
  if (options.signal?.aborted !== true && rest !== '' && options.tail > 0) yield line(rest);
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.flatMap((one) => one.length <= LONGEST_LINE ? [one] : one.match(new RegExp(`.{1,${LONGEST_LINE}}`, 'gs')) ?? []);
}
