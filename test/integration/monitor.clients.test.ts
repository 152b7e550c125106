/** Health and figures on a real server whose clock is moved, with real databases that are hurt. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import type { InstanceView } from '../../src/api/schemas/instance.ts';
import { EventClient } from '../support/event-source.ts';
import { movableTime } from '../support/movable-time.ts';
import { makePerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

type Figure = number | null;
interface Point { readonly memoryBytes: Figure; readonly keys: Figure; readonly operationRate: Figure; readonly databaseBytes: Figure; readonly cpus: Figure; readonly diskBytes: Figure }

test('one that nobody gets through to is restarted once after three silent checks, and told when it answers again', { timeout: 240_000 }, async () => {
  await using time = await movableTime();
  await using server = await startServer({ runtime: 'process', env: time.env });
  const ann = await makePerson(server, 'ann');
  const [redis, postgresql] = await Promise.all([ann.create({ template: 'redis', name: 'cache' }), ann.create({ template: 'postgresql', name: 'orders' })]);
  let hours = 0;
  const nextRound = (): Promise<void> => time.setHours(hours += 30.5 / 3600);
  await waitFor(async () => {
    await nextRound();
    return (await ann.get(redis.id)).health?.state === 'healthy' && (await ann.get(postgresql.id)).health?.state === 'healthy';
  }, { what: 'both to be found healthy', timeoutMs: 40_000, intervalMs: 2000 });

  using stream = await EventClient.open(`${server.url}/events/containers`, ann.token);
  const heard = (type: string) => stream.events.filter(({ data }) => data['type'] === type && data['containerId'] === redis.id);
  // It runs, but nobody gets through to it: its socket is gone.
  await rm(path.join(server.home, 'instances', redis.id, 'run', 'redis.sock'));
  await waitFor(async () => {
    await nextRound();
    return heard('instance.unhealthy').length > 0;
  }, { what: 'three silent checks', timeoutMs: 60_000, intervalMs: 1500 });
  assert.equal(heard('instance.unhealthy').length, 1);
  const before = stream.events.slice(0, stream.events.findIndex(({ data }) => data['type'] === 'instance.unhealthy' && data['containerId'] === redis.id));
  const failing = before.findLast(({ data }) => data['type'] === 'instance.health' && data['containerId'] === redis.id)?.data;
  assert.equal((failing?.['container'] as InstanceView | undefined)?.health?.state, 'failing', 'an open page saw it before anything was done about it');
  assert.match(String(heard('instance.unhealthy')[0]?.data['message']), /cache has not answered three times in a row and is restarted/);
  await ann.until(redis.id, 'it to run again', ({ status, health }) => status === 'running' && health !== undefined, 60_000);
  await waitFor(async () => {
    await nextRound();
    return heard('instance.healthy').length > 0;
  }, { what: 'it to be told as healthy', timeoutMs: 60_000, intervalMs: 2000 });
  assert.equal(heard('instance.unhealthy').length, 1, 'restarted once');
  const { username, password, directPort } = await ann.connection(redis.id);
  const client = new Redis({ host: '127.0.0.1', port: directPort, username, password });
  assert.equal(await client.ping(), 'PONG');
  await client.quit();
  assert.equal((await ann.get(postgresql.id)).health?.state, 'healthy');
});

test('figures are kept: what it uses, how large it is, how much it does', { timeout: 180_000 }, async () => {
  await using time = await movableTime();
  await using server = await startServer({ runtime: 'process', env: time.env });
  const ann = await makePerson(server, 'ann');
  const redis = await ann.create({ template: 'redis', name: 'cache' });
  const { username, password, directPort } = await ann.connection(redis.id);
  const client = new Redis({ host: '127.0.0.1', port: directPort, username, password });
  for (let key = 0; key < 50; key += 1) await client.set(`key-${key}`, 'x'.repeat(1000));
  let hours = 0;
  const history = async (): Promise<Point[]> => {
    const from = new Date(Date.now() + hours * 3_600_000 - 3_600_000).toISOString();
    const to = new Date(Date.now() + hours * 3_600_000 + 60_000).toISOString();
    return (await ann.must<{ points: Point[] }>(200, 'GET', `/api/containers/${redis.id}/metrics/history?from=${from}&to=${to}&resolution=minute`)).points;
  };
  const points = await waitFor(async () => {
    await time.setHours(hours += 31 / 3600);
    await client.get('key-1');
    const all = await history();
    return all.filter(({ operationRate }) => operationRate !== null).length >= 2 && all;
  }, { what: 'three minutes of figures', timeoutMs: 90_000, intervalMs: 2000 });
  const last = points.at(-1);
  assert.ok(last !== undefined && last.keys === 50 && (last.memoryBytes ?? 0) > 1e6 && (last.databaseBytes ?? 0) > 50_000 && (last.diskBytes ?? 0) > 0, JSON.stringify(points));
  assert.ok(points.some(({ operationRate }) => (operationRate ?? 0) > 0) && points.some(({ cpus }) => cpus !== null));
  await ann.refused('invalid_request', 'GET', `/api/containers/${redis.id}/metrics/history?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`);
  await client.quit();
});

test('what a list shows of how much goes on is what went through the gateway, and open pages are told', { timeout: 300_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const ann = await makePerson(server, 'ann');
  const [busy, idle] = await Promise.all([ann.create({ template: 'redis', name: 'busy' }), ann.create({ template: 'redis', name: 'idle' })]);
  using stream = await EventClient.open(`${server.url}/events/containers`, ann.token);
  const { username, password, directPort } = await ann.connection(busy.id);
  const client = new Redis({ host: '127.0.0.1', port: directPort, username, password });
  for (let key = 0; key < 50; key += 1) await client.set(`key-${key}`, 'x'.repeat(2000));
  await client.quit();
  // To the end of the session: what is noted in the middle of it is a part of the sum only.
  const { gateway } = await waitFor(async () => {
    const seen = await ann.must<{ gateway: { open: number; bytesIn: number; bytesOut: number } }>(200, 'GET', `/api/containers/${busy.id}/metrics`);
    return seen.gateway.open === 0 && seen.gateway.bytesIn > 0 && seen;
  }, { what: 'the end of the session to be told', timeoutMs: 30_000 });
  const total = gateway.bytesIn + gateway.bytesOut;
  assert.ok(total > 100_000, JSON.stringify(gateway));
  const sumOf = (values: readonly number[] = []): number => values.reduce((sum, value) => sum + value, 0);
  const { items } = await waitFor(async () => {
    const seen = await ann.must<{ items: Record<string, number[]> }>(200, 'GET', '/api/containers/activity');
    return sumOf(seen.items[busy.id]) >= total && seen;
  }, { what: 'the activity', timeoutMs: 75_000, intervalMs: 500 });
  assert.equal(items[idle.id], undefined, 'the questions of the monitor are no activity');
  assert.equal(sumOf(items[busy.id]), total);
  const told = (): Record<string, number> => (stream.messages.findLast(({ event }) => event === 'activity')?.data['items'] ?? {}) as Record<string, number>;
  await waitFor(() => (told()[busy.id] ?? 0) >= total, { what: 'the page to be told', timeoutMs: 75_000 });
  assert.deepEqual(told(), { [busy.id]: total });
});
