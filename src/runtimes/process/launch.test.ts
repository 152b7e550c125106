import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { run } from '../../../test/support/run.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { inspectHost } from './host.ts';
import { launch } from './launch.ts';

test('a launch goes on when the server that began it was killed before it could hear of it', async () => {
  await using directory = await temporaryDirectory('launch');
  const record = path.join(directory.path, 'process');
  await run('mkfifo', [record]); // the launcher waits there until somebody reads
  const child = launch(await inspectHost(), {
    argv: ['sh', '-c', 'grep SigIgn /proc/self/status'], cwd: directory.path, uid: null, record, output: 'pipe', input: 'ignore',
  });
  const channel = child.stdio[3]!;
  channel.destroy(); // as the kernel does for a killed server
  await once(channel, 'close');
  const said: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  const closed = once(child, 'close');
  assert.match(await readFile(record, 'utf8'), /^[0-9a-f-]{36} \d+ \(/);
  assert.deepEqual(await closed, [0, null]);
  assert.match(Buffer.concat(said).toString(), /^SigIgn:\s+0+\n$/); // and ignores no signal that it would not otherwise
});
