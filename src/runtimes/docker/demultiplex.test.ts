import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Frame, readFrames } from './demultiplex.ts';

function encode({ stream, data }: Frame): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stderr' ? 2 : 1;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

async function read(chunks: Buffer[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of readFrames(chunks)) frames.push(frame);
  return frames;
}

const frame = fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.uint8Array({ maxLength: 60 })).map(([stream, bytes]): Frame => ({ stream, data: Buffer.from(bytes) }));
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

test('frames come out as they went in, wherever the stream is cut into chunks', async () => {
  await fc.assert(fc.asyncProperty(fc.array(frame), sizes, async (frames, cuts) => {
    assert.deepEqual(await read(cut(Buffer.concat(frames.map(encode)), cuts)), frames);
  }));
});

test('a frame that the end of the stream cuts off is left out', async () => {
  const whole: Frame = { stream: 'stdout', data: Buffer.from('whole') };
  const bytes = encode({ stream: 'stderr', data: Buffer.from('broken') });
  for (let length = 0; length < bytes.length; length += 1) {
    assert.deepEqual(await read([encode(whole), bytes.subarray(0, length)]), [whole]);
  }
});
