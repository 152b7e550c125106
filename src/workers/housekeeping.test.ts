import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { systemEntry } from '../domain/audit/entry.ts';
import { openStore } from '../store/index.ts';
import { Housekeeping } from './housekeeping.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent };
const HOUR = 3_600_000;

test('an idempotency key is kept for a day and forgotten after it', async () => {
  await using home = await temporaryDirectory('housekeeping');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  const housekeeping = new Housekeeping({ store, clock, log: silent, auditMs: 365 * 24 * HOUR });
  try {
    await store.users.create({ id: 'u', username: 'alice', displayName: 'Alice', email: null, role: 'user', quota: { instances: 1, memoryBytes: 1, cpus: 1, backupBytes: 2 ** 40 } });
    await store.idempotency.begin('u', 'key', 'hash', 1000);
    await store.idempotency.finish('u', 'key', { status: 202, instanceId: 'i' });
    housekeeping.start();
    await passHours(clock, 23);
    assert.notEqual(await store.idempotency.begin('u', 'key', 'hash', 1000), null);
    await passHours(clock, 3);
    assert.equal(await store.idempotency.begin('u', 'key', 'hash', 1000), null);
  } finally {
    housekeeping.stop();
    await store.close();
  }
});

test('what sign-in has kept is forgotten once it has expired', async () => {
  await using home = await temporaryDirectory('housekeeping');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  const housekeeping = new Housekeeping({ store, clock, log: silent, auditMs: 365 * 24 * HOUR });
  try {
    await store.signIn.endedTokens.add('a', clock.now() + HOUR);
    await store.signIn.endedTokens.add('b', clock.now() + 100 * HOUR);
    housekeeping.start();
    await passHours(clock, 3);
    clock.advance(100 * HOUR);
    assert.equal(await store.signIn.forgetExpired(), 1, 'the other was forgotten before');
  } finally {
    housekeeping.stop();
    await store.close();
  }
});

test('how far work had come is forgotten after an hour, what happened after three months', async () => {
  await using home = await temporaryDirectory('housekeeping');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  const housekeeping = new Housekeeping({ store, clock, log: silent, auditMs: 365 * 24 * HOUR });
  const left = async () => (await store.events.list({}, { limit: 9 })).map(({ message }) => message);
  try {
    for (const [type, message] of [['instance.progress', 'half'], ['instance.running', 'running']] as const) await store.events.append({ instanceId: 'a', ownerId: 'u', type, message, data: {} });
    housekeeping.start();
    await passHours(clock, 1);
    assert.deepEqual(await left(), ['half', 'running']);
    await passHours(clock, 1);
    assert.deepEqual(await left(), ['running']);
    await passHours(clock, 89 * 24);
    assert.deepEqual(await left(), ['running']);
    await passHours(clock, 25);
    assert.deepEqual(await left(), []);
  } finally {
    housekeeping.stop();
    await store.close();
  }
});

test('the audit is kept for as long as was set', async () => {
  await using home = await temporaryDirectory('housekeeping');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  const housekeeping = new Housekeeping({ store, clock, log: silent, auditMs: 48 * HOUR });
  const left = async () => (await store.audit.list({}, { limit: 9 })).items.map(({ subject }) => subject);
  try {
    housekeeping.start();
    for (const subject of ['first', 'second']) {
      await store.audit.append(systemEntry('instance.remove', { subject, instanceId: 'a', ownerId: 'u' }));
      await passHours(clock, 24);
    }
    assert.deepEqual(await left(), ['second', 'first']);
    await passHours(clock, 2);
    assert.deepEqual(await left(), ['second']);
    await passHours(clock, 24);
    assert.deepEqual(await left(), []);
  } finally {
    housekeeping.stop();
    await store.close();
  }
});

async function passHours(clock: ManualClock, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    clock.advance(HOUR);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}
