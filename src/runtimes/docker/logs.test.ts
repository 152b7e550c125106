import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine } from '../../domain/ports/runtime.ts';
import type { Frame } from './demultiplex.ts';
import { linesOf } from './logs.ts';

async function lines(...frames: [Frame['stream'], string | Buffer][]): Promise<LogLine[]> {
  const all: LogLine[] = [];
  const source = async function* (): AsyncGenerator<Frame> {
    for (const [stream, data] of frames) yield { stream, data: Buffer.from(data) };
  };
  for await (const line of linesOf(source())) all.push(line);
  return all;
}

const TIME = '2026-01-02T03:04:05.678901234Z';
const AT = Date.parse('2026-01-02T03:04:05.678Z');

test('each message is a line with its time', async () => {
  assert.deepEqual(await lines(['stdout', `${TIME} one two\n`], ['stderr', `${TIME} \n`], ['stdout', `${TIME} three\r\n`]), [
    { at: AT, stream: 'stdout', text: 'one two' }, { at: AT, stream: 'stderr', text: '' }, { at: AT, stream: 'stdout', text: 'three' },
  ]);
});

test('a long line in several messages becomes one, its other times dropped, also when they cut a character', async () => {
  const word = Buffer.from('grün');
  const head = Buffer.concat([Buffer.from(`${TIME} `), word.subarray(0, 3)]);
  const tail = Buffer.concat([Buffer.from('2026-01-02T03:04:06Z '), word.subarray(3), Buffer.from('\n')]);
  assert.deepEqual(await lines(['stdout', head], ['stderr', `${TIME} between\n`], ['stdout', tail]), [
    { at: AT, stream: 'stderr', text: 'between' }, { at: AT, stream: 'stdout', text: 'grün' },
  ]);
});

test('what has no line break at the end is still told, and a line without end is cut', async () => {
  assert.deepEqual(await lines(['stdout', `${TIME} rest`]), [{ at: AT, stream: 'stdout', text: 'rest' }]);
  const endless = await lines(...Array.from({ length: 10 }, (): ['stdout', string] => ['stdout', `${TIME} ${'x'.repeat(16_384)}`]));
  assert.equal(endless.map(({ text }) => text).join('').length, 163_840);
  assert.ok(endless.every(({ text }) => text.length <= 65_536));
});

test('text without a time is told as it is', async () => {
  assert.deepEqual(await lines(['stdout', 'no time here\n']), [{ at: null, stream: 'stdout', text: 'no time here' }]);
});
