import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { isDbmakerError } from '../../domain/errors.ts';
import type { LogLine, Runtime } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { type Frame, readFrames } from './demultiplex.ts';
import { asRuntimeError } from './errors.ts';
import { findContainer } from './find.ts';

/** A line longer than this is handed out in pieces. */
const MAX_LINE_CHARACTERS = 64 * 1024;

/** Nothing when there is no container: it has said nothing yet. */
export async function* logs(context: DockerContext, id: string, options: Parameters<Runtime['logs']>[1]): AsyncGenerator<LogLine, void, undefined> {
  const { client } = context;
  const { signal } = options;
  const closing = new AbortController();
  const ending = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  try {
    const container = await findContainer(context, id);
    if (container === null || ending.aborted) return;
    const handle = client.docker.getContainer(container.Id);
    const query = { stdout: true, stderr: true, timestamps: true, tail: Math.max(0, Math.floor(options.tail)) };
    const source = options.follow
      ? await client.open('read the logs', (abortSignal) => handle.logs({ ...query, follow: true, abortSignal }), { signal: ending }) as Readable
      : [await client.call('read the logs', (abortSignal) => handle.logs({ ...query, follow: false, abortSignal }), { signal: ending, timeoutMs: 30_000 })];
    // dockerode takes an empty answer for no answer and hands over '' or {}.
    const stream = source instanceof Readable ? source : source.filter((part) => Buffer.isBuffer(part));
    try {
      yield* linesOf(readFrames(stream));
    } finally {
      if (stream instanceof Readable) stream.destroy();
    }
  } catch (error) {
    if (ending.aborted) return; // that is how following ends
    throw isDbmakerError(error) ? error : asRuntimeError(error, 'read the logs', client.address);
  } finally {
    closing.abort();
  }
}

/**
 * Each frame is one message with the time in front. Messages without a line break at the end are parts of a longer line (the engine cuts at
 * 16 KiB), and each part has a time of its own in front.
 */
export async function* linesOf(frames: AsyncIterable<Frame>): AsyncGenerator<LogLine, void, undefined> {
  const unfinished = { stdout: newPart(), stderr: newPart() };
  for await (const { stream, data } of frames) {
    const part = unfinished[stream];
    const space = data.indexOf(0x20);
    const time = space > 0 ? Date.parse(data.toString('latin1', 0, space)) : Number.NaN;
    const body = Number.isNaN(time) ? data : data.subarray(space + 1);
    part.at ??= Number.isNaN(time) ? null : time;
    part.text += part.decoder.write(body);
    if (!part.text.endsWith('\n') && part.text.length < MAX_LINE_CHARACTERS) continue;
    yield { at: part.at, stream, text: part.text.replace(/\r?\n$/, '') };
    unfinished[stream] = newPart();
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const { at, text } = unfinished[stream];
    if (text !== '') yield { at, stream, text };
  }
}

function newPart(): { at: number | null; text: string; decoder: StringDecoder } {
  return { at: null, text: '', decoder: new StringDecoder('utf8') };
}
