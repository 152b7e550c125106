import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** The engine's streams of events, builds and pulls: one JSON object per line. A line that is cut off by the end is left out. */
export async function* readJsonLines<T>(stream: Readable): AsyncGenerator<T, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() !== '') yield JSON.parse(line) as T;
    }
  }
}
