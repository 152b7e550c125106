/** A worker that is frozen in the middle of making a backup, past its lease. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createBackupFiles } from '../../src/backups/index.ts';
import { isDbmakerError } from '../../src/domain/errors.ts';
import { systemClock } from '../../src/main/clock.ts';
import { openStore } from '../../src/store/index.ts';
import { withRedis } from '../support/clients.ts';
import { makePerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

test('a worker that was frozen while it made a backup leaves that of the one that took over alone, and records nothing', { timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann');
  const { id } = await ann.create({ template: 'redis', name: 'cache', resources: { memory: '256MB' } });
  await withRedis(await ann.connection(id), async (client) => {
    for (let n = 0; n < 100; n += 1) await client.set(`large:${String(n)}`, randomBytes(1024 * 1024));
  });
  const pid = server.pid;
  assert.ok(pid);
  // Another worker, for whom a minute has passed.
  const store = await openStore({ home: server.home, databaseUrl: null, clock: { ...systemClock, now: () => Date.now() + 60_000 } });
  const files = createBackupFiles(server.home);
  const written = (): string[] => (existsSync(path.join(server.home, 'backups')) ? readdirSync(path.join(server.home, 'backups'), { recursive: true, encoding: 'utf8' }) : []);
  try {
    await ann.must(202, 'DELETE', `/api/containers/${id}`);
    await waitFor(() => written().some((name) => name.endsWith('.gz')), { what: 'the backup to be written', intervalMs: 1 });
    const lease = await waitFor(async () => {
      process.kill(pid, 'SIGSTOP');
      const taken = await store.instances.acquireLease(id, 'another', 30_000).catch((error: unknown) => {
        if (isDbmakerError(error, 'store_unavailable')) return null; // it stands still in the middle of a write
        throw error;
      });
      if (taken === null) process.kill(pid, 'SIGCONT');
      return taken;
    }, { what: 'the lease to be taken over', intervalMs: 20 });
    const [backup, ...more] = await store.backups.ofInstance(id);
    assert.ok(backup && more.length === 0);
    assert.equal(backup.state, 'making', 'frozen in the middle of it');
    const attempt = await store.backups.beginAttempt(lease, backup.id);
    assert.ok(attempt === backup.attempt + 1);
    const place = { id: backup.id, attempt };
    const writer = await files.begin(place, { claim: async () => undefined });
    const made = await writer.file('content', async (output) => {
      output.write('the first half, ');
      process.kill(pid, 'SIGCONT');
      await new Promise((resolve) => setTimeout(resolve, 3000)); // it fails, gives up and tidies meanwhile
      await waitFor(() => !readdirSync(path.join(server.home, 'backups', backup.id)).includes(String(backup.attempt)), { what: 'what it had made to be tidied away', timeoutMs: 30_000 });
      output.end('and the second');
    });
    await files.seal(place);
    await files.verify(place, [made]);
    assert.deepEqual(readdirSync(path.join(server.home, 'backups', backup.id)), [String(attempt)], 'and of its own nothing is left');
    assert.deepEqual((await store.backups.ofInstance(id)).map((one) => [one.state, one.attempt]), [['making', attempt]]);
    assert.ok(existsSync(path.join(server.home, 'instances', id)));
    assert.equal(await store.backups.finish(lease, place, { files: [made], details: {}, note: null, expiresAt: Date.now() + 86_400_000, login: backup.of }), true);
    await store.instances.releaseLease(lease);
    // The rest is only the removal, whoever does it.
    await ann.must(202, 'DELETE', `/api/containers/${id}`);
    await waitFor(async () => (await ann.ask('GET', `/api/containers/${id}`)).status === 404, { what: 'it to be gone', timeoutMs: 30_000 });
    await files.verify(place, [made]);
  } finally {
    process.kill(pid, 'SIGCONT'); // whatever failed: a frozen one cannot be stopped
    await store.close();
  }
});
