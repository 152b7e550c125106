import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { redis } from '../../src/engines/redis/engine.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { handedOver } from '../support/redis-handed-over.ts';
import { waitFor } from '../support/wait.ts';
import { engineContract } from './engine.ts';

/** A client as an owner's program is one. */
function client(server: TestRedis, login: { username?: string; password?: string } = server.target): Redis {
  const options = { path: path.join(path.dirname(server.dataPath), 'redis.sock'), retryStrategy: null, ...login };
  return new Redis(options).on('error', () => undefined);
}

engineContract(redis, /^7\.\d+\.\d+$/, async () => {
  const server = await startRedis();
  return {
    target: server.target,
    dataPath: server.dataPath,
    log: () => server.log(),
    async crash() {
      await server.kill();
      server.launch();
    },
    async applyOnly(nextPassword) {
      const connection = client(server);
      await connection.call('ACL', 'SETUSER', server.target.username, 'resetpass', `#${createHash('sha256').update(nextPassword).digest('hex')}`);
      connection.disconnect();
    },
    async fill(bytes) {
      const connection = client(server);
      await connection.set('filler', 'x'.repeat(bytes));
      connection.disconnect();
    },
    async session() {
      const connection = client(server);
      await connection.ping();
      return { use: () => connection.ping(), [Symbol.asyncDispose]: async () => connection.disconnect() };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

describe('engine redis, as launched', () => {
  test('nobody gets in without the login, and the password stands neither in the ACL file, nor in argv, nor in the environment', async () => {
    await using server = await startRedis();
    const { password } = server.target;
    const anonymous = client(server, {});
    await assert.rejects(anonymous.call('PING'), /NOAUTH/);
    anonymous.disconnect();
    const owner = client(server);
    const pid = /process_id:(\d+)/.exec(await owner.info('server'))?.[1] ?? '';
    owner.disconnect();
    const file = path.join(server.dataPath, 'users.acl');
    for (const seen of [file, `/proc/${pid}/cmdline`, `/proc/${pid}/environ`]) assert.ok(!readFileSync(seen, 'utf8').includes(password), seen);
    assert.equal(statSync(file).mode & 0o077, 0);
  });

  test('what was written last is there after a kill -9', async () => {
    await using server = await startRedis();
    const before = client(server);
    await before.set('order', '42');
    before.disconnect();
    await handedOver(server.target);
    await server.kill();
    server.launch();
    await server.answering();
    const after = client(server);
    assert.equal(await after.get('order'), '42');
    after.disconnect();
  });

  test('is starting while it loads its data', async () => {
    // Five seconds in all: a busy machine may keep us from looking for some of them.
    await using server = await startRedis({ extra: ['--key-load-delay', '12000', '--loading-process-events-interval-bytes', '1024'] });
    const owner = client(server);
    await owner.mset(Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`key${String(index)}`, 'x'.repeat(100)])));
    await owner.call('BGREWRITEAOF');
    await waitFor(async () => /aof_rewrite_in_progress:0[^]*aof_last_bgrewrite_status:ok/.test(await owner.info('persistence')), { what: 'the rewrite' });
    owner.disconnect();
    await server.kill();
    server.launch();
    const messages = new Set<string>();
    await waitFor(async () => {
      const readiness = await redis.probe(server.target);
      if (readiness.state === 'starting') messages.add(readiness.message);
      return readiness.state === 'ready';
    }, { what: 'the end of loading', timeoutMs: 40_000 });
    assert.ok([...messages].some((message) => message.includes('LOADING')), [...messages].join('; '));
  });

  test('an enabled default user is switched off, its sessions are ended, and it stays off', async () => {
    await using server = await startRedis();
    const owner = client(server);
    await owner.call('ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '+@all');
    const guest = client(server, {});
    await guest.ping();
    await redis.ensureAccess(server.target, { dataPath: server.dataPath });
    await waitFor(() => guest.status === 'end', { what: 'the guest to be thrown out' });
    owner.disconnect();
    await server.kill();
    server.launch();
    await server.answering();
    const again = client(server, {});
    await assert.rejects(again.ping(), /NOAUTH/);
    again.disconnect();
  });

  test('what transactions and scripts wrote outlives a restart, also where the default user had lost its rights', async () => {
    await using server = await startRedis();
    const writing = async (round: string): Promise<void> => {
      const owner = client(server);
      await owner.multi().set(`multi-${round}`, '1').set(`more-${round}`, '2').exec();
      await owner.eval(`redis.call('SET', KEYS[1], '3') redis.call('SET', KEYS[2], '4')`, 2, `eval-${round}`, `evil-${round}`);
      owner.disconnect();
    };
    const restarted = async (): Promise<string[]> => {
      await handedOver(server.target);
      await server.kill();
      server.launch();
      await server.answering();
      const owner = client(server);
      const keys = await owner.keys('*');
      owner.disconnect();
      return keys.sort();
    };
    const first = ['eval-1', 'evil-1', 'more-1', 'multi-1'];
    await writing('1');
    assert.deepEqual(await restarted(), first);
    const owner = client(server);
    await owner.call('ACL', 'SETUSER', 'default', 'reset'); // as it was made by earlier versions
    await owner.call('ACL', 'SAVE');
    owner.disconnect();
    await redis.ensureAccess(server.target, { dataPath: server.dataPath });
    await writing('2');
    assert.deepEqual(await restarted(), [...first, 'eval-2', 'evil-2', 'more-2', 'multi-2'].sort());
    await assert.rejects(client(server, {}).ping(), /NOAUTH/);
  });

  test('a template\'s own command without the append-only file is refused before data can be lost', async () => {
    const socket = `d=$1; unset REDIS_PASSWORD; exec redis-server --port 0 --unixsocket "$PWD/redis.sock" --user ada-redis-x1 on nopass '~*' '+@all' --user default off`;
    await using server = await startRedis({ command: ['sh', '-c', socket, 'sh', '.'] });
    await assert.rejects(redis.ensureAccess(server.target, { dataPath: null }), { code: 'invalid_template' });
  });

  test('a username that could break out of the ACL file starts nothing', async () => {
    await assert.rejects(startRedis({ username: 'ada nopass ~* +@all\nuser eve', timeoutMs: 3500 }), /REDIS_USERNAME has to be/); // time enough to say so on a busy machine
  });
});
