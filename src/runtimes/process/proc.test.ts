import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { aliveStatus, descendants, occupants, parseIdentity, parseStat } from './proc.ts';

const ownStat = (): string => readFileSync('/proc/self/stat', 'utf8');
const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

test('a stat line is read whatever a program calls itself', () => {
  const real = ownStat();
  const tail = real.slice(real.lastIndexOf(')'));
  const expected = parseStat(real);
  assert.equal(expected?.pid, process.pid);
  fc.assert(fc.property(fc.string({ maxLength: 15 }), (name) => {
    assert.deepEqual(parseStat(`${process.pid} (${name}${tail}`), expected);
  }));
});

test('what is not a stat line is no identity', () => {
  for (const text of [null, '', 'x', `${bootId()} `, `${bootId()} 12 (sh) S 1`, ownStat()]) assert.equal(parseIdentity(text), null);
});

test('a process is alive only as itself: same boot, same start, not ended', async () => {
  const identity = parseIdentity(`${bootId()} ${ownStat()}`);
  assert.ok(identity !== null);
  assert.notEqual(aliveStatus(identity), null);
  assert.equal(aliveStatus({ ...identity, startTicks: identity.startTicks + 1 }), null);
  assert.equal(aliveStatus({ ...identity, bootId: 'f8c5927c-0000-4ad6-978b-1b17cef931ab' }), null);

  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;
  const its = parseIdentity(`${bootId()} ${readFileSync(`/proc/${pid}/stat`, 'utf8')}`);
  assert.notEqual(aliveStatus(its), null);
  assert.ok(descendants(process.pid).includes(pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(aliveStatus(its), null);
});

test('who stands in a directory or holds its lock is found, and told apart', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'dbmaker-proc-'));
  const lock = path.join(directory, 'lock');
  await writeFile(lock, '');
  const standing = spawn('sleep', ['60'], { cwd: directory });
  const locking = spawn('sh', ['-c', 'exec 8<"$1"; echo ready; exec sleep 60', 'sh', lock], { cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(async () => {
    standing.kill('SIGKILL');
    locking.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  await once(locking.stdout, 'data');
  const found = new Map(occupants([directory], lock).map(({ pid, locks }) => [pid, locks]));
  assert.deepEqual(found, new Map([[standing.pid, false], [locking.pid, true]]));
});
