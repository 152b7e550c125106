/** Trials of templates on Docker: any image may be tried, and what is wrong with it is said, with what it wrote. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import type { InstanceView } from '../../src/api/schemas/instance.ts';
import { ensureImages, REDIS_IMAGE } from '../support/docker.ts';
import { admin } from '../support/person.ts';
import { startServer } from '../support/server.ts';

const REDIS = {
  name: 'Small Redis', type: 'redis', image: REDIS_IMAGE, defaultPort: 6379, dataPath: '/data', socketDirectory: '/var/run/redis', resources: { memory: '64MB' },
  connectionStringTemplate: 'redis://{username}:{password}@{subdomain}:{port}/{database}',
};
const GENERIC = { name: 'Other', type: 'other', engine: 'generic', defaultPort: 7000, connectionStringTemplate: 'tcp://{subdomain}:{port}', resources: { memory: '64MB' } };

test('a trial runs any image, and one that is wrong says what and shows its log', { timeout: 120_000 }, async () => {
  await ensureImages();
  await using server = await startServer({ runtime: 'docker' });
  const boss = await admin(server);
  const attempt = async (document: object): Promise<InstanceView> => {
    const { id } = await boss.must(202, 'POST', '/api/template-tests', document);
    return boss.until(id, 'the trial to end', ({ status }) => status === 'failed' || status === 'running', 60_000);
  };

  const good = await attempt(REDIS);
  assert.equal(good.status, 'running', JSON.stringify(good.reason));
  const { username, password, directPort } = await boss.connection(good.id);
  const client = new Redis({ host: '127.0.0.1', port: directPort, username, password });
  assert.equal(await client.ping(), 'PONG');
  await client.quit();

  const missing = await attempt({ ...REDIS, image: 'localhost:1/nobody/nothing:1' });
  assert.deepEqual([missing.status, missing.reason?.code], ['failed', 'image_missing']);
  assert.match(missing.reason?.message ?? '', /^The image localhost:1\/nobody\/nothing:1 is not on this host/);

  const wrong = await attempt({ ...GENERIC, image: REDIS_IMAGE, command: ['sh', '-c', 'echo "no such setting: $0" >&2; exit 3', 'fast'] });
  assert.deepEqual([wrong.status, wrong.reason?.code], ['failed', 'exited_at_start']);
  assert.match(wrong.reason?.logTail ?? '', /no such setting: fast/);

  for (const { id } of [good, missing, wrong]) await boss.delete(id);
  assert.deepEqual(await boss.list(), []);
  assert.deepEqual((await boss.must<{ items: unknown[] }>(200, 'GET', '/api/backups')).items, []);
});
