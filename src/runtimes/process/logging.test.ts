import assert from 'node:assert/strict';
import { appendFile, mkdir, open, readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import type { LogLine } from '../../domain/ports/runtime.ts';
import { systemClock } from '../../main/clock.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { createProcessRuntime } from './index.ts';
import { cutLog } from './log-file.ts';
import { instancePaths } from './paths.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => quiet };
const MB = 1024 * 1024;

test('a log that has grown is cut while its writer goes on, and the last lines are still read', async () => {
  await using home = await temporaryDirectory('log');
  const paths = instancePaths(home.path, 'abcdefghijkl');
  await mkdir(paths.directory, { recursive: true });
  const writer = await open(paths.log, 'a');
  try {
    const line = `${'x'.repeat(1023)}\n`;
    await writer.write(line.repeat(1024 * 9));
    assert.equal(await cutLog(paths), false);
    await writer.write(`${line.repeat(1024 * 3)}last before\n`);
    assert.equal(await cutLog(paths), true);
    await writer.write('first after\n');
  } finally {
    await writer.close();
  }
  assert.equal(await readFile(paths.log, 'utf8'), 'first after\n');
  const { size } = await stat(paths.oldLog);
  assert.ok(size > 4 * MB && size <= 5 * MB, `kept ${size}`);
  const runtime = createProcessRuntime({ home: home.path, homeId: 'log', log: quiet, clock: systemClock });
  const lines = await texts(runtime.logs('abcdefghijkl', { tail: 2, follow: false }));
  assert.deepEqual(lines, ['last before', 'first after']);
});

test('a follower of an ended instance gets what is there and ends', async () => {
  await using home = await temporaryDirectory('log');
  const paths = instancePaths(home.path, 'abcdefghijkl');
  await mkdir(paths.directory, { recursive: true });
  await appendFile(paths.log, 'one\ntwo\nthree');
  const runtime = createProcessRuntime({ home: home.path, homeId: 'log', log: quiet, clock: systemClock });
  const lines = await texts(runtime.logs('abcdefghijkl', { tail: 2, follow: true }));
  assert.deepEqual(lines, ['two', 'three']);
  assert.deepEqual(await texts(runtime.logs('abcdefghijkl', { tail: 0, follow: true, signal: AbortSignal.abort() })), []);
});

async function texts(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const all: string[] = [];
  for await (const { text } of lines) all.push(text);
  return all;
}
