/**
 * A whole server on disks that fill up or become read-only. They are mounted in a mount namespace of our own, so that they are gone with the
 * last process in it, whatever happens: the tests at the end of this file run in a child that `unshare` starts.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { read, withRedis, write, type Login } from '../support/clients.ts';
import { mountEmpty, testInMountNamespace } from '../support/mount-namespace.ts';
import { makePerson, type Person } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

const [INSIDE] = process.argv.slice(2);

if (INSIDE === undefined) {
  test('a server on disks that fill up or become read-only, in a mount namespace of our own', { timeout: 480_000 }, async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root can mount file systems and give each database a user of its own');
    await using directory = await temporaryDirectory('disks', { open: true });
    await testInMountNamespace(import.meta.filename, directory.path);
  });
} else {
  disks(INSIDE);
}

const MIB = 1024 * 1024;

function disks(base: string): void {
  /** Mounts an empty file system of so many MiB there. */
  const mount = (name: string, mebibytes: number): string => mountEmpty(base, name, { size: `${mebibytes}m`, mode: '0711' });
  /** Fills it, all but `left` bytes; what is returned empties it again. */
  const fill = (directory: string, left: number): (() => void) => {
    const { bfree, bsize } = statfsSync(directory);
    const file = path.join(directory, 'ballast');
    try {
      writeFileSync(file, Buffer.alloc(Math.max(0, bfree * bsize - left)));
    } catch (error) {
      // The server writes meanwhile: then the disk is full a little earlier.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    return () => rmSync(file);
  };
  const serverOn = (home: string): Promise<TestServer> => startServer({ runtime: 'process', home });
  /** A Redis of ann's on that disk, with 30 MiB that cannot be made smaller. */
  const largeRedis = async (server: TestServer): Promise<{ ann: Person; id: string; login: Login }> => {
    const ann = await makePerson(server, 'ann');
    const { id } = await ann.create({ template: 'redis', name: 'kept', resources: { memory: '128MB' } });
    const login = await ann.connection(id);
    await write('redis', login, 1);
    await withRedis(login, async (client) => {
      for (let n = 0; n < 30; n += 1) await client.set(`large:${String(n)}`, randomBytes(MIB));
    });
    return { ann, id, login };
  };

  test('a disk without room for a database: it fails in words, leaves nothing half-made, and comes by itself once there is room', { timeout: 120_000 }, async () => {
    const home = mount('small', 160);
    await using server = await serverOn(home);
    const ann = await makePerson(server, 'ann');
    const kept = await ann.create({ template: 'redis', name: 'kept', resources: { memory: '32MB' } });
    const login = await ann.connection(kept.id);
    await write('redis', login, 1);
    const relieve = fill(home, 8 * MIB); // less than a cluster of PostgreSQL
    // As it is answered: a moment later it is tried again.
    const { id, status, reason, nextTryAt } = await ann.must(202, 'POST', '/api/containers', { template: 'postgresql', name: 'large', resources: { memory: '128MB' } }, { prefer: 'wait=60' });
    assert.deepEqual([status, reason?.code], ['failed', 'disk_full'], JSON.stringify(reason));
    assert.match(reason?.message ?? '', /^The disk of the server is full\. Make room on the disk that holds DBMAKER_HOME\.$/);
    assert.notEqual(nextTryAt, null);
    assert.ok(!existsSync(path.join(home, 'instances', id, 'data')));
    assert.deepEqual(await read('redis', login), [1]);
    relieve();
    await ann.until(id, 'it to be made', (view) => view.status === 'running', 30_000);
    await write('postgresql', await ann.connection(id), 1);
    assert.ok(!readdirSync(path.join(home, 'instances', id)).some((name) => name.endsWith('.init')));

    // Given up instead, and deleted on the full disk.
    const again = fill(home, 8 * MIB);
    const other = await ann.must(202, 'POST', '/api/containers', { template: 'postgresql', name: 'given-up', resources: { memory: '128MB' } }, { prefer: 'wait=60' });
    assert.equal(other.reason?.code, 'disk_full');
    await ann.delete(other.id);
    assert.ok(!existsSync(path.join(home, 'instances', other.id)));
    again();
  });

  test('a disk that fills up during a final backup: nothing is removed, it is told, no half of it stays, and it is made once there is room', { timeout: 240_000 }, async () => {
    const home = mount('backups', 256);
    await using server = await serverOn(home);
    const { ann, id, login } = await largeRedis(server);
    await withRedis(login, async (client) => {
      await client.bgrewriteaof().catch(() => undefined);
      // Or it would take the room that is left below.
      await waitFor(async () => /aof_rewrite_in_progress:0[^]*aof_rewrite_scheduled:0/.test(await client.info('persistence')), { what: 'the log to be written anew', timeoutMs: 30_000 });
    });
    const relieve = fill(home, 12 * MIB);
    await ann.must(202, 'DELETE', `/api/containers/${id}`);
    const told = await ann.until(id, 'the failure to be told', ({ reason }) => reason !== null, 60_000);
    assert.deepEqual([told.status, told.reason?.code], ['deleting', 'disk_full'], JSON.stringify(told));
    assert.match(told.reason?.message ?? '', /^Nothing was removed, as the final backup failed: The disk of the server has no room for the backup\. Make room/);
    assert.notEqual(told.nextTryAt, null);
    assert.ok(existsSync(path.join(home, 'instances', id, 'data', 'users.acl')));
    const { items } = await ann.must<{ items: { type: string }[] }>(200, 'GET', `/api/containers/${id}/events?limit=200`);
    assert.equal(items.filter(({ type }) => type === 'instance.backup-failed').length, 1);
    assert.deepEqual((await ann.must<{ items: unknown[] }>(200, 'GET', '/api/backups')).items, []);
    const half = (): number => readdirSync(path.join(home, 'backups'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
    await waitFor(() => half() === 0, { what: 'the room that half a backup took to be given back', timeoutMs: 30_000 });
    relieve();
    const backup = await ann.deleteKeeping(id);
    assert.ok(backup.bytes > 30 * MIB);
    const restored = await ann.connection((await ann.restore(backup.id)).id);
    assert.deepEqual(await read('redis', restored), [1]);
    assert.equal(await withRedis(restored, (client) => client.strlen('large:29')), MIB);
  });

  test('a Redis whose log could not be written anew while the disk was full: not stopped as long as that would cost data, backed up with all of it after that', { timeout: 240_000 }, async () => {
    const home = mount('logs', 256);
    await using server = await serverOn(home);
    const { ann, id, login } = await largeRedis(server);
    const persistence = (pattern: RegExp, what: string): Promise<unknown> =>
      waitFor(async () => pattern.test(await withRedis(login, (client) => client.info('persistence'))), { what, timeoutMs: 30_000, intervalMs: 200 });
    const relieve = fill(home, 8 * MIB);
    // It has three tries of its own at once; the next ones come after a minute, and later each time.
    for (let tries = 0; tries < 4; tries += 1) {
      await withRedis(login, (client) => client.bgrewriteaof());
      await persistence(/aof_rewrite_in_progress:0[^]*aof_last_bgrewrite_status:err/, 'the rewrite to fail');
    }
    // That log is complete still. This one is not.
    await withRedis(login, async (client) => {
      await client.config('SET', 'appendonly', 'no');
      await client.sadd('kept', 7);
    });
    await ann.must(202, 'DELETE', `/api/containers/${id}`);
    const told = await ann.until(id, 'the failure to be told', ({ reason }) => reason !== null, 60_000);
    assert.equal(told.reason?.code, 'disk_full', JSON.stringify(told));
    assert.match(told.reason?.message ?? '', /Redis could not write its data to its disk; it is not stopped/);
    relieve();
    const backup = await ann.deleteKeeping(id);
    const restored = await ann.connection((await ann.restore(backup.id)).id);
    assert.deepEqual(await read('redis', restored), [1, 7]);
    assert.equal(await withRedis(restored, (client) => client.strlen('large:29')), MIB);
  });

  test('a Redis that failed to write its log anew, which was never off, is stopped as any other once there is room', { timeout: 120_000 }, async () => {
    const home = mount('rewrites', 192);
    await using server = await serverOn(home);
    const { ann, id, login } = await largeRedis(server);
    await withRedis(login, async (client) => {
      const relieve = fill(home, 8 * MIB);
      await client.bgrewriteaof();
      await waitFor(async () => (await client.info('persistence')).includes('aof_last_bgrewrite_status:err'), { what: 'the rewrite to fail', timeoutMs: 20_000 });
      relieve();
    });
    const backup = await ann.deleteKeeping(id);
    assert.deepEqual(await read('redis', await ann.connection((await ann.restore(backup.id)).id)), [1]);
  });

  test('a disk without room for a row: 507 in words, what runs goes on, nothing is half-made, and all is well once there is room', { timeout: 120_000 }, async () => {
    const home = mount('full', 96);
    await using server = await serverOn(home);
    const ann = await makePerson(server, 'ann');
    const kept = await ann.create({ template: 'redis', name: 'kept', resources: { memory: '32MB' } });
    const login = await ann.connection(kept.id);
    await write('redis', login, 1);
    const relieve = fill(home, 0);
    // Pages that are free in the files of the store hold a few rows still.
    const names: string[] = [];
    const problem = await waitFor(async () => {
      const answer = await ann.ask<{ code: string; status: number; detail: string; remedy: string }>('PATCH', `/api/containers/${kept.id}`, { removeAfter: `${names.push('') + 1}d` });
      return answer.status !== 200 && answer.body;
    }, { what: 'the store to be full', timeoutMs: 30_000, intervalMs: 0 });
    assert.deepEqual([problem.status, problem.code], [507, 'disk_full'], JSON.stringify(problem));
    assert.equal(problem.detail, 'The disk of the DbMaker database is full. Nothing was changed.');
    assert.match(problem.remedy, /Free some space on the disk that holds/);
    const refused = await ann.refused('disk_full', 'POST', '/api/containers', { template: 'redis', name: 'more' });
    assert.equal(refused.status, 507);
    assert.deepEqual((await ann.list()).map(({ name, status }) => [name, status]), [['kept', 'running']]);
    assert.deepEqual(await read('redis', login), [1]);
    relieve();
    await waitFor(async () => (await ann.ask('POST', '/api/containers', { template: 'redis', name: 'more', resources: { memory: '32MB' } }, { prefer: 'wait=30' })).status === 201,
      { what: 'a database to be made again', timeoutMs: 30_000 });
    assert.deepEqual(readdirSync(path.join(home, 'instances')).filter((name) => !name.startsWith('.')).length, 2);
    await write('redis', login, 2);
    assert.deepEqual(await read('redis', login), [1, 2]);
  });

  test('a store that becomes read-only: 503 in words, databases go on serving, and all is well without a restart once it can be written', { timeout: 120_000 }, async (context) => {
    const home = path.join(base, 'locked');
    await using server = await serverOn(home);
    const ann = await makePerson(server, 'ann');
    const kept = await ann.create({ template: 'redis', name: 'kept', resources: { memory: '32MB' } });
    const login = await ann.connection(kept.id);
    await write('redis', login, 1);
    const files = ['', '-wal'].map((suffix) => path.join(home, `dbmaker.sqlite${suffix}`));
    const lock = (sign: '+' | '-') => execFileSync('chattr', [`${sign}i`, ...files], { stdio: 'pipe' });
    try {
      lock('+');
    } catch (error) {
      // Neither chmod nor a remount stops a process that has the file open: without this attribute there is nothing to test.
      return context.skip(`this file system cannot make files immutable: ${String(error)}`);
    }
    try {
      const problem = await ann.refused('store_read_only', 'POST', '/api/containers', { template: 'redis', name: 'more' });
      assert.equal(problem.status, 503);
      assert.match(problem.detail, /^The database file .*dbmaker\.sqlite.* (is read-only|cannot be written)\. Nothing was changed\.$/);
      assert.match(problem.remedy ?? '', /writable disk/);
      await ann.refused('store_read_only', 'DELETE', `/api/containers/${kept.id}`);
      assert.deepEqual((await ann.list()).map(({ name, status, desired }) => [name, status, desired]), [['kept', 'running', 'running']]);
      await write('redis', login, 2);
    } finally {
      lock('-');
    }
    const pid = server.pid;
    await ann.create({ template: 'redis', name: 'more', resources: { memory: '32MB' } });
    assert.equal(server.pid, pid);
    assert.deepEqual(await read('redis', login), [1, 2]);
    await ann.delete(kept.id);
  });
}
