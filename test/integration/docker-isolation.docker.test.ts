import assert from 'node:assert/strict';
import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { dockerHome } from '../support/docker-home.ts';
import { POSTGRESQL_IMAGE, REDIS_IMAGE, ensureDocker, ensureImages } from '../support/docker.ts';
import { waitFor } from '../support/wait.ts';
import { dockerWorld } from '../contract/runtime/docker-world.ts';
import { makeWorkload, up } from '../contract/runtime/world.ts';

let socketPath: string;

before(async () => {
  socketPath = await ensureDocker();
  await ensureImages();
});

test('inside: no network, no root, no capability, no new privileges, nothing writable but its own', async () => {
  await using home = await dockerHome(socketPath);
  const workload = makeWorkload('postgresql', POSTGRESQL_IMAGE);
  await up(dockerWorld(home), workload);
  const inside = async (script: string): Promise<string> => {
    const { stdout, stderr } = await home.runtime.exec(workload.id, ['sh', '-c', script]);
    return (stdout + stderr).trim();
  };
  assert.equal(await inside('ls /sys/class/net'), 'lo');
  assert.equal(await inside('id -u'), '10015');
  assert.match(await inside('grep CapBnd /proc/1/status'), /0{16}$/);
  assert.match(await inside('grep NoNewPrivs /proc/1/status'), /1$/);
  assert.match(await inside('touch /etc/x /usr/x'), /Read-only file system/);
  assert.equal(await inside('touch /tmp/x /var/lib/postgresql/data/x && rm /tmp/x /var/lib/postgresql/data/x'), '');
  assert.equal(await inside('ls /var/run/docker.sock 2>/dev/null; ls -a /home /mnt /root 2>/dev/null | grep -v "^\\." | grep -v ":$"'), '');
  assert.equal(await inside('tr "\\0" "\\n" < /proc/1/environ | grep -c PASSWORD'), '0', 'the password is not in the environment of the server');
  const root = path.join(home.path, 'instances', workload.id);
  assert.equal((await stat(root)).mode & 0o777, 0o700);
  assert.equal((await stat(path.join(root, 'data'))).uid, 10015);
});

test('the limit of processes holds', async () => {
  await using home = await dockerHome(socketPath);
  const workload = makeWorkload('redis', REDIS_IMAGE, { resources: { memoryBytes: 128 * 1024 * 1024, cpus: 1, pids: 30 } });
  await up(dockerWorld(home), workload);
  const { stderr } = await home.runtime.exec(workload.id, ['sh', '-c', 'i=0; while [ $i -lt 60 ]; do sleep 2 & i=$((i+1)); done; wait'], { timeoutMs: 20_000 });
  assert.match(stderr, /fork|Resource temporarily unavailable/);
});

test('a container of somebody else under our name is told and left alone, and another installation is not even seen', async () => {
  await using home = await dockerHome(socketPath);
  await using other = await dockerHome(socketPath);
  const workload = makeWorkload('redis', REDIS_IMAGE);
  await other.runtime.create(workload);
  await other.runtime.start(workload);
  const changed: string[] = [];
  const ending = new AbortController();
  let resyncs = 0;
  home.runtime.watch({ onChange: (id) => void changed.push(id), onResync: () => (resyncs += 1) }, ending.signal);
  try {
    await waitFor(() => resyncs > 0, { what: 'the first resync' });
    await assert.rejects(home.runtime.create(workload), { code: 'conflict' });
    await home.runtime.stop(workload.id, { graceMs: 1_000 });
    await home.runtime.discard(workload.id);
    await home.runtime.remove(workload.id);
    assert.deepEqual(await home.runtime.observeAll(), []);
    assert.equal((await home.runtime.observe(workload.id)).state, 'absent');
    await assert.rejects(home.runtime.exec(workload.id, ['true']), { code: 'not_running' });
    assert.equal((await other.runtime.observe(workload.id)).state, 'running');
    await other.runtime.stop(workload.id, { graceMs: 5_000 });
    const own = makeWorkload('redis', REDIS_IMAGE);
    await home.runtime.create(own);
    await home.runtime.start(own);
    await waitFor(() => changed.includes(own.id), { what: 'our own start' });
    assert.deepEqual(changed.filter((id) => id !== own.id), []);
  } finally {
    ending.abort();
  }
});

test('a container that somebody renamed is still known, so its data never gets a second one', async () => {
  await using home = await dockerHome(socketPath);
  const workload = makeWorkload('redis', REDIS_IMAGE);
  await up(dockerWorld(home), workload);
  await home.docker('rename', `dbmaker-${workload.id}`, `renamed-${workload.id}`);
  assert.equal((await home.runtime.observe(workload.id)).state, 'running');
  await home.runtime.create(workload);
  assert.equal((await home.docker('ps', '-aq', '--filter', `label=dbmaker.home=${home.homeId}`)).trim().split('\n').length, 1);
  await home.runtime.remove(workload.id);
  assert.deepEqual(await home.runtime.observeAll(), []);
});

test('removal follows no link out of the instance, and data that root or anybody owns goes too', async () => {
  await using home = await dockerHome(socketPath);
  const workload = makeWorkload('redis', REDIS_IMAGE);
  await home.runtime.create(workload);
  const outside = path.join(home.path, 'outside');
  await mkdir(outside);
  await writeFile(path.join(outside, 'precious'), 'x');
  const data = path.join(home.path, 'instances', workload.id, 'data');
  await symlink(outside, path.join(data, 'link'));
  await symlink(path.join(outside, 'precious'), path.join(data, 'file'));
  await mkdir(path.join(data, 'deep', 'er'), { recursive: true });
  await home.runtime.remove(workload.id);
  assert.deepEqual(await readdir(outside), ['precious']);
  assert.deepEqual(await readdir(path.join(home.path, 'instances')), []);
});

test('data that vanished is an error at the start, never a fresh database', async () => {
  await using home = await dockerHome(socketPath);
  const workload = makeWorkload('redis', REDIS_IMAGE);
  await up(dockerWorld(home), workload);
  await home.runtime.stop(workload.id, { graceMs: 5_000 });
  await home.docker('run', '--rm', '--network', 'none', '--user', '0', '--label', `dbmaker.home=${home.homeId}`, '-v', `${home.path}:/mnt`, '--entrypoint', 'mv', REDIS_IMAGE,
    `/mnt/instances/${workload.id}/data`, '/mnt/away');
  assert.equal((await home.runtime.observe(workload.id)).dataPresent, false);
  await assert.rejects(home.runtime.start(workload), { code: 'data_missing' });
});
