/** Trials of templates on a real server without Docker: what an admin sees before a template is saved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import type { InstanceView } from '../../src/api/schemas/instance.ts';
import { EventClient } from '../support/event-source.ts';
import { movableTime } from '../support/movable-time.ts';
import { admin, type Problem } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

const GOOD = {
  name: 'Wide PostgreSQL', type: 'postgresql', image: 'dbmaker/postgresql:15', defaultPort: 5432, engine: 'postgresql', endpoint: 'socket', dataPath: '/var/lib/postgresql/data', socketDirectory: '/var/run/postgresql',
  environmentVariables: { POSTGRES_DB: '{username}_wide', POSTGRES_USER: '{username}', POSTGRES_PASSWORD: '{generated_password}' },
  connectionStringTemplate: 'postgresql://{username}:{password}@{subdomain}:{port}/{database}', command: ['postgres', '-c', 'work_mem=9MB'], resources: { memory: '256MB' },
};

test('a good one is told of as any database, takes connections as its template says, and is gone without a backup when its time is over', { timeout: 120_000 }, async () => {
  await using time = await movableTime();
  await using server = await startServer({ runtime: 'process', env: time.env });
  const boss = await admin(server);
  using stream = await EventClient.open(`${server.url}/events/containers`, boss.token);
  const { id } = await boss.must(202, 'POST', '/api/template-tests', GOOD);
  await boss.until(id, 'the trial to run', ({ status }) => status === 'running');
  const { username, password, database, directPort } = await boss.connection(id);
  assert.equal(database, 'admin_wide');
  const client = new pg.Client({ host: '127.0.0.1', port: directPort, user: username, password, database });
  await client.connect();
  assert.equal((await client.query<{ work_mem: string }>('show work_mem')).rows[0]?.work_mem, '9MB');
  await client.end();
  const steps = (): string[] => stream.events.filter(({ data }) => data['containerId'] === id).map(({ data }) => String(data['type']));
  await waitFor(() => steps().includes('instance.created') && steps().includes('instance.running'), { what: 'both to be told of', explain: () => steps().join() });

  // The page was closed: nobody deletes it.
  await time.setHours(9 / 60);
  await waitFor(() => steps().includes('instance.removal-warned'), { what: 'the warning', timeoutMs: 30_000 });
  const warned = stream.events.find(({ data }) => data['type'] === 'instance.removal-warned' && data['containerId'] === id);
  assert.match(String(warned?.data['message']), /without a backup, as it only tries out a template/);
  await time.setHours(18 / 60);
  await waitFor(() => steps().includes('instance.deleted'), { what: 'its end', timeoutMs: 40_000 });
  assert.deepEqual((await boss.must<{ items: unknown[] }>(200, 'GET', '/api/backups')).items, []);
  assert.deepEqual(await boss.list(), []);
});

test('what cannot run here fails in words, and is not tried again by itself; the admin takes it away', { timeout: 60_000 }, async () => {
  await using server = await startServer({ runtime: 'process' });
  const boss = await admin(server);
  const fails = async (document: object): Promise<InstanceView> => {
    const { id } = await boss.must(202, 'POST', '/api/template-tests', document);
    const failed = await boss.until(id, 'the trial to fail', ({ status }) => status === 'failed');
    await boss.delete(id);
    return failed;
  };
  const other = await fails({ name: 'Memcached', type: 'memcached', image: 'memcached:1.6-alpine', defaultPort: 11211, connectionStringTemplate: 'memcached://{subdomain}:{port}' });
  assert.deepEqual([other.reason?.code, other.nextTryAt], ['template_unavailable', null]);
  assert.equal(other.reason?.message, 'Memcached cannot be created here: Without Docker only PostgreSQL and Redis can run. Install Docker.');
  const newer = await fails({ ...GOOD, image: 'postgres:17' });
  assert.match(newer.reason?.message ?? '', /^Wide PostgreSQL cannot be created here: The embedded PostgreSQL is version 15, the template asks for 17\./);
  const unready = await fails({ ...GOOD, command: ['postgres', '-c', 'shared_buffers=nonsense'] });
  assert.equal(unready.reason?.code, 'exited_at_start');
  assert.match(unready.reason?.logTail ?? '', /shared_buffers/);
  assert.deepEqual(await boss.list(), []);
  const { code } = await boss.must<Problem>(400, 'POST', '/api/template-tests', { ...GOOD, command: ['{password}'] });
  assert.equal(code, 'invalid_template');
});
