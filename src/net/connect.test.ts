import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createConnection as dial, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { isDbmakerError } from '../domain/errors.ts';
import { systemClock } from '../main/clock.ts';
import { createConnect } from './connect.ts';

const connect = createConnect(systemClock);

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'dbmaker-connect-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function echo(t: TestContext, where: string | { host: string; port: number }): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(where);
  await once(server, 'listening');
  t.after(() => { server.close(); });
  return server;
}

async function roundTrip(endpoint: Parameters<typeof connect>[0]): Promise<string> {
  const socket = await connect(endpoint);
  socket.write('hello');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
}

const code = (wanted: Parameters<typeof isDbmakerError>[1]) => (error: unknown): boolean => {
  assert.ok(isDbmakerError(error, wanted), `${wanted ?? ''} expected, got ${String(error)}`);
  return true;
};

describe('connect to a unix socket', () => {
  it('reaches who listens there and leaves no descriptor open', async (t) => {
    const dir = await directory(t);
    await echo(t, path.join(dir, 'a.sock'));
    const before = await heldPaths();
    assert.equal(await roundTrip({ kind: 'unix', directory: dir, name: 'a.sock' }), 'hello');
    assert.equal(await heldPaths(), before);
  });

  it('works where the path is longer than a socket address can be', async (t) => {
    const dir = path.join(await directory(t), 'x'.repeat(120), 'y'.repeat(120));
    await mkdir(dir, { recursive: true });
    const short = await directory(t);
    await echo(t, path.join(short, 'a.sock'));
    await rename(path.join(short, 'a.sock'), path.join(dir, 'a.sock'));
    assert.equal(await roundTrip({ kind: 'unix', directory: dir, name: 'a.sock' }), 'hello');
  });

  it('refuses a symlink to another socket, to a file, and a regular file', async (t) => {
    const dir = await directory(t);
    await echo(t, path.join(dir, 'secret.sock'));
    await symlink(path.join(dir, 'secret.sock'), path.join(dir, 'link.sock'));
    await symlink('/etc/passwd', path.join(dir, 'file-link.sock'));
    await writeFile(path.join(dir, 'file.sock'), '');
    await mkdir(path.join(dir, 'directory.sock'));
    for (const name of ['link.sock', 'file-link.sock', 'file.sock', 'directory.sock']) {
      await assert.rejects(connect({ kind: 'unix', directory: dir, name }), code('endpoint_refused'), name);
    }
  });

  it('refuses a directory that is a symlink, and names that leave the directory', async (t) => {
    const dir = await directory(t);
    await mkdir(path.join(dir, 'real'));
    await echo(t, path.join(dir, 'real', 'a.sock'));
    await symlink('real', path.join(dir, 'link'));
    await assert.rejects(connect({ kind: 'unix', directory: path.join(dir, 'link'), name: 'a.sock' }), code('endpoint_refused'));
    for (const name of ['../real/a.sock', '..', '', '.', 'a\0.sock']) {
      await assert.rejects(connect({ kind: 'unix', directory: path.join(dir, 'real'), name }), code('endpoint_refused'), name);
    }
  });

  it('says unreachable where nothing is or nobody listens', async (t) => {
    const dir = await directory(t);
    await assert.rejects(connect({ kind: 'unix', directory: dir, name: 'none.sock' }), code('endpoint_unreachable'));
    await assert.rejects(connect({ kind: 'unix', directory: path.join(dir, 'gone'), name: 'a.sock' }), code('endpoint_unreachable'));
    const server = await echo(t, path.join(dir, 'old.sock'));
    await rename(path.join(dir, 'old.sock'), path.join(dir, 'stale.sock'));
    server.close();
    await once(server, 'close');
    await assert.rejects(connect({ kind: 'unix', directory: dir, name: 'stale.sock' }), code('endpoint_unreachable'));
  });

  it('stops when it is no longer wanted', async (t) => {
    const dir = await directory(t);
    await echo(t, path.join(dir, 'a.sock'));
    await assert.rejects(connect({ kind: 'unix', directory: dir, name: 'a.sock' }, { signal: AbortSignal.abort() }), code('cancelled'));
  });
});

describe('connect to a TCP address', () => {
  it('reaches who listens there', async (t) => {
    const server = await echo(t, { host: '127.0.0.1', port: 0 });
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    assert.equal(await roundTrip({ kind: 'tcp', host: '127.0.0.1', port: address.port }), 'hello');
    server.close();
    await once(server, 'close');
    await assert.rejects(connect({ kind: 'tcp', host: '127.0.0.1', port: address.port }), code('endpoint_unreachable'));
  });
});

describe('the limit of a connect, where nobody takes what is in the backlog', () => {
  it('is 5 seconds of the clock where the caller says nothing, and what the caller says otherwise', async (t) => {
    const dir = await directory(t);
    await deaf(t, path.join(dir, 'a.sock'));
    for (const [options, limitMs] of [[{}, 5_000], [{ timeoutMs: 60_000 }, 60_000]] as const) {
      const clock = new ManualClock();
      const began = clock.now();
      let settled = false;
      const trying = createConnect(clock)({ kind: 'unix', directory: dir, name: 'a.sock' }, options).finally(() => (settled = true));
      trying.catch(() => undefined);
      // It tries again every 20 ms: the clock only goes from one try to the next.
      while (!settled) {
        const next = clock.nextAt();
        if (next !== null && next - clock.now() <= 20) clock.advance(next - clock.now());
        await new Promise((resolve) => void setImmediate(resolve));
      }
      await assert.rejects(trying, code('endpoint_unreachable'));
      assert.equal(clock.now() - began, limitMs);
      assert.equal(clock.nextAt(), null);
    }
  });

  it('ends the wait for a TCP address too', async (t) => {
    const port = await deaf(t, 0);
    const clock = new ManualClock();
    const trying = createConnect(clock)({ kind: 'tcp', host: '127.0.0.1', port }, { timeoutMs: 60_000 });
    trying.catch(() => undefined);
    clock.advance(59_999);
    assert.equal(await Promise.race([trying.catch(() => 'settled'), new Promise((resolve) => void setImmediate(resolve, 'waiting'))]), 'waiting');
    clock.advance(1);
    await assert.rejects(trying, code('endpoint_unreachable'));
  });

  it('leaves no timer behind a connection that was made', async (t) => {
    const dir = await directory(t);
    await echo(t, path.join(dir, 'a.sock'));
    const clock = new ManualClock();
    const socket = await createConnect(clock)({ kind: 'unix', directory: dir, name: 'a.sock' }, { signal: new AbortController().signal });
    assert.equal(clock.nextAt(), null);
    socket.destroy();
  });
});

/** Listens with the shortest backlog, full, in a thread that stands still. @returns the port */
async function deaf(t: TestContext, where: string | number): Promise<number> {
  const worker = new Worker(`
    const { createServer } = require('node:net');
    const { parentPort, workerData } = require('node:worker_threads');
    const server = createServer().listen({ ...(typeof workerData === 'string' ? { path: workerData } : { port: workerData, host: '127.0.0.1' }), backlog: 1 }, () => {
      parentPort.postMessage(server.address().port ?? 0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`, { eval: true, workerData: where });
  t.after(() => worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  for (let count = 0; count < 3; count += 1) {
    const filling = (typeof where === 'string' ? dial(where) : dial(port, '127.0.0.1')).on('error', () => undefined);
    t.after(() => { filling.destroy(); });
    await Promise.race([once(filling, 'connect'), new Promise((resolve) => setTimeout(resolve, 200))]).catch(() => undefined); // the last ones are not let in
  }
  return port;
}

/** How many descriptors of this process were opened by path only. */
async function heldPaths(): Promise<number> {
  const flags = await Promise.all((await readdir('/proc/self/fdinfo')).map((fd) => readFile(`/proc/self/fdinfo/${fd}`, 'utf8').catch(() => '')));
  return flags.filter((text) => (parseInt(/flags:\s*(\d+)/.exec(text)?.[1] ?? '0', 8) & 0o10000000) !== 0).length;
}
