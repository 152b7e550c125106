import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { up } from '../contract/runtime/world.ts';
import { processWorld } from '../support/process-runtime.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

const AS_ROOT = process.getuid?.() === 0;
const rootOnly = { timeout: 60_000, skip: AS_ROOT ? false : 'needs root: only then instances have uids of their own' };

/** What an owner can make of a process where there are no control groups: it left the directories, the lock and the family. */
async function escaped(uid: number, lock?: number): Promise<ChildProcess> {
  const closed = Array<'ignore'>(8).fill('ignore');
  const child = spawn('setpriv', ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--', 'sleep', '300'], { cwd: '/', detached: true, stdio: lock === undefined ? 'ignore' : [...closed, lock] });
  await once(child, 'spawn');
  await waitFor(async () => new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(await readFile(`/proc/${child.pid}/status`, 'utf8')), { what: 'the process to be the other user' });
  return child;
}

test('no process of an instance\'s user outlives its removal, wherever it hides; one that serves another instance is left alone', rootOnly, async () => {
  await using world = await processWorld();
  await using elsewhere = await temporaryDirectory('elsewhere');
  const workload = world.workload('redis');
  await up(world, workload);
  const uid = Number(/^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${await world.pidOf(workload.id)}/status`, 'utf8'))?.[1]);
  assert.ok(uid >= 1_900_000_000);
  const lock = await open(path.join(elsewhere.path, 'lock'), 'w', 0o600);
  const [hidden, other] = await Promise.all([escaped(uid), escaped(uid, lock.fd)]);
  try {
    await world.runtime.remove(workload.id);
    await waitFor(() => hidden.exitCode !== null || hidden.signalCode !== null, { what: 'its end' });
    assert.deepEqual([hidden.exitCode, hidden.signalCode], [null, 'SIGKILL']);
    assert.equal(other.exitCode ?? other.signalCode, null);
  } finally {
    hidden.kill('SIGKILL');
    other.kill('SIGKILL');
    await lock.close();
  }
});
