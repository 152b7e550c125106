import type { Readable } from 'node:stream';

/** One message of a container without a terminal. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/*
 * 0        1..3   4..7              8..
 * stream   0 0 0  length, uint32be  data        (stream: 1 stdout, 2 stderr)
 */
const HEADER_BYTES = 8;

/** Splits attached output and logs into their frames. What is cut off by the end of the stream is left out. */
export async function* readFrames(stream: Readable | Iterable<Buffer>): AsyncGenerator<Frame, void, undefined> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < wanted(chunks, size)) continue; // joined only when a frame is complete: a large one must not be copied for each chunk
    let rest = Buffer.concat(chunks, size);
    while (rest.length >= HEADER_BYTES && rest.length >= HEADER_BYTES + rest.readUInt32BE(4)) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      yield { stream: rest[0] === 2 ? 'stderr' : 'stdout', data: rest.subarray(HEADER_BYTES, end) };
      rest = rest.subarray(end);
    }
    chunks = rest.length === 0 ? [] : [rest];
    size = rest.length;
  }
}

/** Bytes up to the end of the first frame, as far as its header is there. */
function wanted(chunks: Buffer[], size: number): number {
  if (size < HEADER_BYTES) return HEADER_BYTES;
  const [first] = chunks;
  if (first !== undefined && first.length < HEADER_BYTES) chunks.splice(0, chunks.length, Buffer.concat(chunks, size));
  return HEADER_BYTES + (chunks[0]?.readUInt32BE(4) ?? 0);
}
