/** Workers and api processes beside each other, and one that is frozen past its lease. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isDbmakerError } from '../../src/domain/errors.ts';
import type { Lease, Store } from '../../src/domain/ports/store.ts';
import { systemClock } from '../../src/main/clock.ts';
import { openStore } from '../../src/store/index.ts';
import { EventClient } from '../support/event-source.ts';
import { startPart } from '../support/parts.ts';
import { makePerson } from '../support/person.ts';
import { freePort } from '../support/ports.ts';
import { startPostgres } from '../support/postgres.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

test('every api process tells every event within half a second, whichever process it happened in', { timeout: 240_000 }, async () => {
  await using postgres = await startPostgres();
  await using server = await startServer({ runtime: 'process', env: { DBMAKER_DATABASE_URL: await postgres.createDatabase() } });
  const port = await freePort();
  await using second = await startPart(server, 'api', { DBMAKER_HTTP_PORT: String(port) });
  const ann = await makePerson(server, 'ann');
  const urls = [server.url, `http://127.0.0.1:${port}`];
  const streams = await Promise.all(urls.map((url) => EventClient.open(`${url}/events/containers`, ann.token)));
  try {
    for (const stream of streams) await stream.until('the snapshot', ({ messages }) => messages.length > 0);
    const [first, other] = streams;
    assert.ok(first && other);
    /** Of each round, how far the two were apart at most. */
    const apart: number[] = [];
    const soon = (): number => apart.filter((ms) => ms < 500).length;
    for (let round = 0; round < 8 && soon() < 3; round += 1) { // three rounds, and others for those in which one of the processes had to wait for the machine
      const told = first.events.length;
      await ann.create({ template: 'redis', name: `cache-${round}`, resources: { memory: '64MB' } });
      await waitFor(() => streams.every(({ events }) => events.filter(({ data }) => data['type'] === 'instance.running').length > round), { what: 'both to tell' });
      await waitFor(() => first.events.length === other.events.length, { what: 'both to have told the same' });
      assert.deepEqual(first.events.map(({ id }) => id), other.events.map(({ id }) => id));
      apart.push(Math.max(...first.events.slice(told).map(({ at }, index) => Math.abs(at - (other.events[told + index]?.at ?? Infinity)))));
    }
    assert.ok(soon() >= 3, `${apart.map(Math.round).join(', ')} ms apart`);
  } finally {
    for (const stream of streams) stream[Symbol.dispose]();
    assert.equal(await second.kill('SIGTERM'), 0);
  }
});

test('a worker that was frozen past its lease does not act on it when it goes on: what another has taken over stays as that one says', { timeout: 240_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann');
  const { id } = await ann.create({ template: 'redis', name: 'cache' });
  const pid = server.pid;
  assert.ok(pid);
  // Another worker, for whom a minute has passed.
  const store = await openStore({ home: server.home, databaseUrl: null, clock: { ...systemClock, now: () => Date.now() + 60_000 } });
  try {
    for (let round = 0; round < 4; round += 1) {
      const wanted = (await store.instances.get(id))?.spec.generation ?? 0;
      const acting = ann.ask('POST', `/api/containers/${id}/${round % 2 === 0 ? 'restart' : 'stop'}`).catch(() => undefined);
      await waitFor(async () => ((await store.instances.get(id))?.spec.generation ?? 0) > wanted, { what: 'it to be asked for', intervalMs: 1 });
      await pause(Math.random() * 120); // no state that one could wait for: somewhere in the middle of it, each time elsewhere
      const lease = await freezeAndTakeOver(store, pid, id);
      await store.instances.report(lease, { phase: 'failed', reason: { code: 'internal', message: `taken over ${round}` }, nextTryAt: null });
      const before = await store.instances.get(id);
      process.kill(pid, 'SIGCONT');
      await acting;
      await pause(700); // nothing may happen, and that is no state that one could wait for: it would act by now
      const after = await store.instances.get(id);
      assert.deepEqual(after?.status, before?.status, 'nothing was reported under the lost lease');
      await store.instances.releaseLease(lease);
      // Whatever state the cut left: it comes back.
      await ann.ask('POST', `/api/containers/${id}/start`);
      await ann.until(id, 'it to run again', ({ status, desired }) => status === 'running' && desired === 'running', 40_000);
    }
  } finally {
    process.kill(pid, 'SIGCONT'); // whatever failed: a frozen one cannot be stopped
    await store.close();
  }
  assert.equal((await ann.get(id)).status, 'running');
});

/** Frozen in the middle of a write, it holds the lock of the whole file (SQLite): it is let go on for a moment then. */
async function freezeAndTakeOver(store: Store, pid: number, id: string): Promise<Lease> {
  for (let tries = 0; tries < 20; tries += 1) {
    process.kill(pid, 'SIGSTOP');
    const lease = await store.instances.acquireLease(id, 'another', 120_000).catch((error: unknown) => {
      if (isDbmakerError(error, 'store_unavailable')) return null;
      throw error;
    });
    if (lease !== null) return lease;
    process.kill(pid, 'SIGCONT');
    await waitFor(() => store.settings.putIfAbsent('written-by-another', 'yes'), { what: 'its write to be over' });
  }
  throw new Error('it always stood still in the middle of a write');
}
