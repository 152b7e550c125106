/** Sleep and cleanup on a real server whose clock is moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { EventClient } from '../support/event-source.ts';
import { movableTime } from '../support/movable-time.ts';
import { makePerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

test('nobody uses it: it falls asleep, its owner is warned, it goes after a final backup, and comes back from that with its data', { timeout: 600_000 }, async () => {
  await using time = await movableTime();
  await using server = await startServer({ runtime: 'process', env: time.env });
  const ann = await makePerson(server, 'ann');
  const [lonely, kept, shortLived] = await Promise.all([
    ann.create({ template: 'redis', name: 'lonely' }),
    ann.create({ template: 'redis', name: 'kept', keep: true, sleepAfter: 'never' }),
    ann.create({ template: 'redis', name: 'short', ttl: '2h', sleepAfter: 'never' }),
  ]);
  assert.deepEqual([lonely.sleepAfter, lonely.removeAfter, kept.removeAfter], ['1h', '1d', 'never']);
  assert.ok(Math.abs(Date.parse(shortLived.expiresAt ?? '') - Date.now() - 7_200_000) < 60_000);
  const connect = async (id: string): Promise<Redis> => {
    const { username, password, directPort } = await ann.connection(id);
    const redis = new Redis({ host: '127.0.0.1', port: directPort, username, password, lazyConnect: true, maxRetriesPerRequest: 2, retryStrategy: () => null });
    redis.on('error', () => undefined);
    await redis.connect();
    return redis;
  };
  /** Before the clock is moved: a session that the gateway sees end after that was a use at the later time. */
  const leave = async (id: string, redis: Redis): Promise<void> => {
    await redis.quit();
    await waitFor(async () => {
      const { gateway } = await ann.must<{ gateway: { open: number; lastUsedAt: string | null } }>(200, 'GET', `/api/containers/${id}/metrics`);
      return gateway.lastUsedAt !== null && gateway.open === 0;
    }, { what: 'the end of the session to be told', timeoutMs: 30_000 });
  };
  const first = await connect(lonely.id);
  await first.set('precious', 'data');
  await leave(lonely.id, first);
  const user = await connect(kept.id);
  using stream = await EventClient.open(`${server.url}/events/containers`, ann.token);
  const heard = (id: string, type: string) => stream.events.find(({ data }) => data['containerId'] === id && data['type'] === type);
  const hears = (id: string, type: string): Promise<unknown> => stream.until(`${type} of ${id}`, () => heard(id, type) !== undefined, 40_000);

  /** In steps of which two are no gap for the policies (a quarter of an hour more than between two looks): no third one begins before their next look, also when that is seconds late. */
  const passes = async (from: number, to: number, until: () => boolean): Promise<void> => {
    for (let hours = from; hours <= to && !until(); hours += 0.11) {
      await time.setHours(hours);
      await new Promise((resolve) => setTimeout(resolve, 7500));
    }
    await waitFor(until, { what: 'what should have happened by now', timeoutMs: 40_000 });
  };
  await time.setHours(1.1);
  await ann.until(lonely.id, 'it to sleep', ({ status }) => status === 'sleeping');
  await hears(shortLived.id, 'instance.removal-warned');
  // An hour that nobody could have used (the clock jumps) does not count: it goes after an hour that passes.
  await passes(1.1, 2.3, () => heard(shortLived.id, 'instance.deleted') !== undefined);

  // The clock jumps over everything at once: it is warned first all the same, and whoever connects saves it.
  await time.setHours(60);
  await hears(lonely.id, 'instance.removal-warned');
  assert.match(String(heard(lonely.id, 'instance.removal-warned')?.data['message']), /will be removed at .*after a final backup.*Connect to it/);
  const saved = await connect(lonely.id);
  assert.equal(await saved.get('precious'), 'data');
  await hears(lonely.id, 'instance.removal-averted');
  await leave(lonely.id, saved);
  stream.messages.length = 0;
  await time.setHours(84.5);
  await hears(lonely.id, 'instance.removal-warned');
  await passes(84.5, 86, () => heard(lonely.id, 'instance.deleted') !== undefined);
  assert.equal((await ann.ask('GET', `/api/containers/${lonely.id}`)).status, 404);

  const { items } = await ann.must<{ items: { id: string; container: string }[] }>(200, 'GET', '/api/backups');
  const backup = items.find(({ container }) => container === lonely.id);
  assert.ok(backup);
  const again = await ann.restore(backup.id, { name: 'again' });
  const back = await connect(again.id);
  assert.equal(await back.get('precious'), 'data');
  await back.quit();
  const { items: audit } = await ann.must<{ items: { action: string; actor: { kind: string } }[] }>(200, 'GET', '/api/audit?limit=100');
  assert.ok(audit.some(({ action, actor }) => action === 'instance.delete' && actor.kind === 'system'), JSON.stringify(audit.slice(0, 3)));

  assert.equal((await ann.get(kept.id)).status, 'running');
  assert.equal(await user.ping(), 'PONG', 'its session has never been touched');
  await user.quit();
  await waitFor(async () => (await ann.list()).length === 2, { what: 'the others to stand' });
});

test('what the admin allows bounds what people may ask for', async () => {
  await using server = await startServer({ runtime: 'process' });
  const { admin } = await import('../support/person.ts');
  const boss = await admin(server);
  const ann = await makePerson(server, 'ann');
  const template = await boss.must<Record<string, unknown>>(200, 'GET', '/api/templates/redis');
  const policies = { sleepAfter: '30m', removeAfter: '2h', allow: { removeAfter: '8h', ttl: '24h' } };
  await boss.must(200, 'PUT', '/api/templates/redis', { ...template, policies });
  const refused = await ann.refused('invalid_request', 'POST', '/api/containers', { template: 'redis', name: 'a', keep: true });
  assert.match(refused.detail, /\/keep must be at most 8h: this template allows no more/);
  await ann.refused('invalid_request', 'POST', '/api/containers', { template: 'redis', name: 'a', removeAfter: '9h' });
  const made = await ann.create({ template: 'redis', name: 'a', removeAfter: '8h', ttl: '24h' });
  assert.deepEqual([made.sleepAfter, made.removeAfter], ['30m', '8h']);
  await ann.refused('invalid_request', 'PATCH', `/api/containers/${made.id}`, { removeAfter: 'never' });
  await ann.refused('invalid_request', 'PATCH', `/api/containers/${made.id}`, { ttl: 'never' });
  await boss.must(200, 'PATCH', `/api/containers/${made.id}`, { keep: true });
  assert.deepEqual([(await ann.get(made.id)).removeAfter, (await ann.get(made.id)).expiresAt], ['never', null]);
});
