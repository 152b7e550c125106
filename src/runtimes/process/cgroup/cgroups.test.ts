import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../main/clock.ts';
import { createCgroupsV2 } from './cgroup-v2.ts';
import { counters, cpuQuota } from './cgroups.ts';

test('counters of the kernel are read by name', () => {
  assert.deepEqual([...counters('oom_kill_disable 0\nunder_oom 0\noom_kill 3')], [['oom_kill_disable', 0], ['under_oom', 0], ['oom_kill', 3]]);
  assert.deepEqual([...counters(null)], []);
});

test('a CPU share is never below what the kernel takes', () => {
  assert.equal(cpuQuota(0.001), 1_000);
  assert.equal(cpuQuota(0.5), 50_000);
  assert.equal(cpuQuota(2), 200_000);
});

// This machine has the older kind only: the files of the newer kind are laid out as the kernel documents them, to see what is written.
test('cgroup v2: limits go where the kernel reads them', async (t) => {
  const mount = await mkdtemp(path.join(tmpdir(), 'dbmaker-cgroup-'));
  t.after(() => rm(mount, { recursive: true, force: true }));
  assert.equal(await createCgroupsV2(systemClock, mount), null);
  await writeFile(path.join(mount, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
  const groups = await createCgroupsV2(systemClock, mount);
  assert.ok(groups !== null);
  assert.equal(await readFile(path.join(mount, 'cgroup.subtree_control'), 'utf8'), '+memory +cpu +pids');
  assert.deepEqual(await groups.prepare('x.one', { memoryBytes: 1 << 28, cpus: 0.5, pids: 64 }), [path.join(mount, 'dbmaker/x.one/cgroup.procs')]);
  const read = (name: string): Promise<string> => readFile(path.join(mount, 'dbmaker/x.one', name), 'utf8');
  assert.deepEqual(await Promise.all(['memory.max', 'cpu.max', 'pids.max'].map(read)), ['268435456', '50000 100000', '64']);
  const write = (name: string, text: string): Promise<void> => writeFile(path.join(mount, 'dbmaker/x.one', name), text);
  await write('memory.events', 'low 0\noom 1\noom_kill 2\n');
  await write('cgroup.events', 'populated 1\nfrozen 1\n');
  await write('memory.current', '1000\n');
  await write('memory.stat', 'anon 1\ninactive_file 400\n');
  await write('cpu.stat', 'usage_usec 5000\n');
  await write('cgroup.procs', '12\n13\n');
  assert.equal(await groups.outOfMemoryKills('x.one'), 2);
  assert.equal(await groups.isFrozen('x.one'), true);
  assert.deepEqual(await groups.usage('x.one'), { cpuMs: 5, memoryBytes: 600, processes: 2 });
  assert.equal(await groups.usage('x.none'), null);
  await mkdir(path.join(mount, 'dbmaker/x.two'));
  await groups.remove('x.two');
  await groups.remove('x.two');
});
