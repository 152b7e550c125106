import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { LogLine } from '../domain/ports/runtime.ts';
import { onAnswerEnd } from './answer-end.ts';
import type { ApiContext } from './app-type.ts';

/**
 * An instance's log as a stream that reads no faster than the client does, and that ends the runtime's reading as soon as the client leaves or the
 * server closes, or when `ended` says so. The first line is awaited here unless it may take long (`follow`), so that a runtime that does not answer is a proper error.
 * @throws runtime_unavailable
 */
export async function logStream(
  { instances, closing }: Pick<ApiContext, 'instances' | 'closing'>,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  options: { tail: number; follow: boolean; asJson: boolean },
  ended?: AbortSignal,
): Promise<Readable> {
  const left = new AbortController();
  onAnswerEnd(reply, () => { left.abort(); });
  const lines = instances.logs(id, { tail: options.tail, follow: options.follow, signal: AbortSignal.any([left.signal, closing, ...(ended === undefined ? [] : [ended])]) })[Symbol.asyncIterator]();
  const first = options.follow ? null : await lines.next();
  const format = options.asJson ? jsonLine : textLine;

  async function* chunks(): AsyncGenerator<string> {
    try {
      // A quiet log may have no line for hours: who follows it is told at once that it stands, and no proxy takes it for a dead request.
      if (options.follow) reply.raw.flushHeaders();
      for (let next = first ?? (await lines.next()); next.done !== true; next = await lines.next()) yield format(next.value);
    } catch (error) {
      // Headers are gone, so the client can only see the end. Its own leaving is no fault.
      if (!left.signal.aborted && !closing.aborted && ended?.aborted !== true) request.log.warn({ err: error, instanceId: id }, 'a log stream ended early');
    } finally {
      left.abort();
      await lines.return?.();
    }
  }
  return Readable.from(chunks(), { highWaterMark: 16 });
}

function textLine({ text }: LogLine): string {
  return `${text}\n`;
}

function jsonLine({ at, stream, text }: LogLine): string {
  return `${JSON.stringify({ at: at === null ? null : new Date(at).toISOString(), stream, text })}\n`;
}
