import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import type { LogLine } from '../../src/domain/ports/runtime.ts';
import { waitFor } from '../support/wait.ts';
import type { Harness, Person } from './api-harness.ts';
import { create, startApi } from './api-harness.ts';

let api: Harness;
let ann: Person;
let id: string;
before(async () => {
  api = await startApi();
  ann = await api.person('ann-1');
  ({ id } = await create(api, ann.token, 'orders'));
});
after(() => api[Symbol.asyncDispose]());

const line = (text: string): LogLine => ({ at: 1_700_000_000_000, stream: 'stderr', text });

test('connection of PostgreSQL: login, ready strings, and not for caches', async () => {
  const { status, json, headers } = await api.ask(`/api/containers/${id}/connection`, { token: ann.token });
  assert.equal(status, 200);
  assert.equal(headers['cache-control'], 'no-store');
  const port = (await api.store.instances.get(id))!.port;
  assert.match(json.password, /^[A-Za-z0-9]{32}$/);
  assert.equal(json.connectionString, `postgresql://ann-1:${json.password}@127.0.0.1:${String(port)}/ann-1_db`);
  assert.deepEqual([json.status, json.host, json.directHost, json.directPort, json.username, json.database], ['pending', '127.0.0.1', '127.0.0.1', port, 'ann-1', 'ann-1_db']);
  assert.deepEqual(Object.keys(json.clients).sort(), ['dotnet', 'env', 'go', 'jdbc', 'node', 'prisma', 'psql', 'psql-tls', 'python', 'uri']);
  assert.deepEqual([json.hostname, json.hostnamePort], [`${json.hostname.split('.')[0] ?? ''}.localhost`, 15432]);
  assert.equal(json.clients['psql-tls'], `psql 'postgresql://ann-1:${json.password}@${json.hostname}:15432/ann-1_db?sslmode=require&hostaddr=127.0.0.1'`);
  assert.equal(json.clients['jdbc'], `jdbc:postgresql://127.0.0.1:${String(port)}/ann-1_db?user=ann-1&password=${json.password}`);
  assert.equal(json.clients['env'], `DATABASE_URL=${json.connectionString}`);
});

test('the address is the connection with dots for the password, and of what becomes of it there is a word', async () => {
  const connection = (await api.ask(`/api/containers/${id}/connection`, { token: ann.token })).text;
  const { password } = JSON.parse(connection) as { password: string };
  const address = await api.ask(`/api/containers/${id}/address`, { token: ann.token });
  assert.equal(address.text, connection.replaceAll(password, '••••••••'));
  await api.ask(`/api/containers/${id}`, { method: 'PATCH', token: ann.token, body: { removeAfter: '24h' } });
  const outlook = JSON.parse((await api.ask(`/api/containers/${id}/outlook`, { token: ann.token })).text) as Record<string, unknown>;
  const [subject] = await api.store.instances.policySubjects(0, id);
  assert.deepEqual(outlook, { open: 0, lastUsedAt: null, sleepsAt: null, removedAt: new Date((subject?.lastActionAt ?? 0) + 86_400_000).toISOString(), removedBecause: 'unused' }, 'it does not run yet');
});

test('connection of Redis: the login is the slug', async () => {
  const redis = await create(api, ann.token, 'cache', 'redis');
  const { json } = await api.ask(`/api/containers/${redis.id}/connection`, { token: ann.token });
  assert.equal(json.connectionString, `redis://${redis.slug}:${json.password}@127.0.0.1:${String(redis.port)}/0`);
  assert.ok(json.clients['redis-cli']?.includes(json.connectionString));
});

test('with a domain the host is the instance\'s own name', async () => {
  await using named = await startApi({ config: { domain: 'db.example.com' } });
  const made = await create(named, named.admin.token, 'x');
  assert.equal(made.hostname, `${made.slug}.db.example.com`);
  const { json } = await named.ask(`/api/containers/${made.id}/connection`, { token: named.admin.token });
  assert.deepEqual([json.host, json.port, json.directHost, json.directPort], [made.hostname, 15432, made.hostname, made.port]);
  assert.equal(json.clients['psql'], `psql 'postgresql://${json.username}:${json.password}@${made.hostname}:15432/${json.database}?sslmode=require'`);
  assert.equal((await named.ask('/api/certificate-authority')).status, 404);
});

test('where the certificate is of our own authority, its file is served and named in the strings', async () => {
  await using named = await startApi({ config: { domain: 'db.example.com', gateway: { postgresqlPort: 5432, redisPort: null, tlsPort: 443, certificateAuthority: 'PEM' } } });
  const file = await named.ask('/api/certificate-authority');
  assert.deepEqual([file.status, file.text, file.headers['content-disposition']], [200, 'PEM', 'attachment; filename="dbmaker-ca.pem"']);
  const { json } = await named.ask(`/api/containers/${(await create(named, named.admin.token, 'x')).id}/connection`, { token: named.admin.token });
  assert.match(json.clients['psql'] ?? '', /:5432\/admin_db\?sslmode=verify-full&sslrootcert=dbmaker-ca\.pem'$/);
  assert.match(json.clients['jdbc'] ?? '', /sslmode=verify-full&sslrootcert=dbmaker-ca\.pem$/);
  const cache = await create(named, named.admin.token, 'y', 'redis');
  const { json: redis } = await named.ask(`/api/containers/${cache.id}/connection`, { token: named.admin.token });
  assert.deepEqual([redis.host, redis.port, redis.hostnamePort], [cache.hostname, cache.port, null], 'its own port, as the shared one is off');
});

test('a template of any TCP image gets its string filled in and its password generated', async () => {
  const document = {
    name: 'My Broker', type: 'broker', image: 'broker:1', defaultPort: 5672, environmentVariables: { BROKER_PASS: '{generated_password}' },
    connectionStringTemplate: 'amqp://{username}:{password}@{hostname}:{port}/{database}?id={id}',
  };
  assert.equal((await api.ask('/api/templates', { method: 'POST', token: api.admin.token, body: document })).status, 201);
  const made = await create(api, ann.token, 'queue', 'My Broker');
  assert.equal(made.engine, 'generic');
  const { json } = await api.ask(`/api/containers/${made.id}/connection`, { token: ann.token });
  assert.equal(json.connectionString, `amqp://ann-1:${json.password}@${made.hostname}:${String(made.port)}/ann-1_db?id=${made.id}`);
  const rotate = await api.ask(`/api/containers/${made.id}/rotate-password`, { method: 'POST', token: ann.token });
  assert.deepEqual([rotate.status, rotate.json.code], [501, 'unsupported']);
});

test('one person holds a bounded number of logs open, and others are not kept out', async () => {
  const { promise: over, resolve: end } = Promise.withResolvers<undefined>();
  let reading = 0;
  api.runtime.logs = async function* () {
    reading += 1;
    await over;
    yield line('done');
  };
  const ask = (token: string): ReturnType<Harness['ask']> => api.ask(`/api/containers/${id}/logs`, { token });
  const many = Array.from({ length: 20 }, () => ask(ann.token));
  await waitFor(() => reading === 20, { what: 'all logs to be read' });
  const { status, json, headers } = await ask(ann.token);
  assert.deepEqual([status, json.code, headers['retry-after']], [429, 'rate_limited', '1']);
  const admin = ask(api.admin.token);
  end(undefined);
  assert.deepEqual((await Promise.all([...many, admin])).map((answer) => answer.status), Array(21).fill(200));
  assert.equal((await ask(ann.token)).status, 200);
});

test('figures asked for at the same time are measured once', async () => {
  await api.report(id, { phase: 'running', observedGeneration: 1 });
  let measured = 0;
  const { promise: over, resolve: end } = Promise.withResolvers<undefined>();
  api.runtime.stats = async () => {
    measured += 1;
    await over;
    return { cpuMs: 1, memoryBytes: 2, diskBytes: 3, processes: 4 };
  };
  const answers = Array.from({ length: 5 }, () => api.ask(`/api/containers/${id}/metrics`, { token: ann.token }));
  await waitFor(() => measured > 0, { what: 'the measurement' });
  await api.ask(`/api/containers/${id}`, { token: ann.token }); // the others have come as far by now
  end(undefined);
  assert.deepEqual((await Promise.all(answers)).map((answer) => answer.status), Array(5).fill(200));
  assert.equal(measured, 1);
});

test('logs are text lines, or JSON lines when asked for', async () => {
  const asked: unknown[] = [];
  api.runtime.logs = async function* (instance, options) {
    asked.push([instance, options.tail, options.follow]);
    yield line('one');
    yield line('zwei ä');
  };
  const text = await api.ask(`/api/containers/${id}/logs`, { token: ann.token });
  assert.match(String(text.headers['content-type']), /^text\/plain/);
  assert.equal(text.text, 'one\nzwei ä\n');
  const json = await api.ask(`/api/containers/${id}/logs?tail=5&follow=false`, { token: ann.token, headers: { accept: 'application/x-ndjson' } });
  assert.match(String(json.headers['content-type']), /^application\/x-ndjson/);
  assert.deepEqual(json.text.trim().split('\n').map((entry) => JSON.parse(entry) as unknown)[0], { at: '2023-11-14T22:13:20.000Z', stream: 'stderr', text: 'one' });
  assert.deepEqual(asked, [[id, 100, false], [id, 5, false]]);
  for (const query of ['tail=10001', 'tail=-1', 'tail=x', 'follow=maybe']) {
    assert.equal((await api.ask(`/api/containers/${id}/logs?${query}`, { token: ann.token })).status, 400, query);
  }
});

test('a runtime that does not answer is a proper error', async () => {
  const { DbmakerError } = await import('../../src/domain/errors.ts');
  // eslint-disable-next-line require-yield -- it fails before it has anything
  api.runtime.logs = async function* () { throw new DbmakerError('runtime_unavailable', 'Docker does not answer.'); };
  const { status, json } = await api.ask(`/api/containers/${id}/logs`, { token: ann.token });
  assert.deepEqual([status, json.code], [503, 'runtime_unavailable']);
});

test('following streams line by line, reads no faster than the client, and ends the runtime\'s reading when the client leaves', async () => {
  let produced = 0;
  let ended = false;
  api.runtime.logs = async function* (_id, { signal }) {
    try {
      for (; signal?.aborted !== true && produced < 1_000_000; produced++) {
        yield line('x'.repeat(10_000));
        if (produced % 100 === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
      }
    } finally {
      ended = true;
    }
  };
  const { port } = new URL(await api.app.listen({ port: 0, host: '127.0.0.1' }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(`GET /api/containers/${id}/logs?follow=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.token}\r\n\r\n`);
  const [first] = await once(socket, 'data') as [Buffer];
  assert.match(first.toString(), /^HTTP\/1.1 200/);
  socket.pause();
  let before = -1;
  await waitFor(() => { // production comes to a halt because nobody reads
    const still = produced === before && produced > 0;
    before = produced;
    return still;
  }, { what: 'backpressure', intervalMs: 100 });
  assert.ok(produced < 5000, `${String(produced)} lines of 10 kB were read for a client that does not read`);
  assert.equal(ended, false);
  socket.destroy();
  await waitFor(() => ended, { what: 'the runtime\'s reading to end' });
});

test('a follower of a quiet log has its answer at once, and is let go when the server closes', async () => {
  const own = await startApi();
  let aborted = false;
  // eslint-disable-next-line require-yield -- a log without a line
  own.runtime.logs = async function* (_id, { signal }) {
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => { aborted = true; resolve(); }));
  };
  const made = await create(own, own.admin.token, 'x');
  const url = await own.app.listen({ port: 0, host: '127.0.0.1' });
  const answer = await fetch(`${url}/api/containers/${made.id}/logs?follow=true`, { headers: { authorization: `Bearer ${own.admin.token}` } });
  await own[Symbol.asyncDispose]();
  assert.equal(await answer.text(), '');
  assert.equal(aborted, true);
});

test('events tell the history in order and page by id', async () => {
  const { id: fresh } = await create(api, ann.token, 'storied');
  await api.ask(`/api/containers/${fresh}/stop`, { method: 'POST', token: ann.token });
  const events = async (query = ''): Promise<{ id: number; type: string; message: string; data: { by?: string } }[]> =>
    (await api.ask(`/api/containers/${fresh}/events${query}`, { token: ann.token })).json.items as never;
  const all = await events();
  assert.deepEqual(all.map(({ type }) => type), ['instance.created', 'instance.stop-requested']);
  assert.equal(all[1]!.data.by, 'ann-1');
  assert.deepEqual((await events(`?after=${String(all[0]!.id)}`)).map(({ type }) => type), ['instance.stop-requested']);
  assert.equal((await events('?limit=1')).length, 1);
  const [last] = await events('?order=newest&limit=1');
  assert.deepEqual(last, all.at(-1));
  assert.deepEqual(await events(`?order=newest&before=${String(last?.id)}`), all.slice(0, -1).reverse());
});

test('figures are there only while it runs', async () => {
  const { id: fresh } = await create(api, ann.token, 'measured');
  const ask = (): ReturnType<Harness['ask']> => api.ask(`/api/containers/${fresh}/metrics`, { token: ann.token });
  assert.equal((await ask()).json.code, 'not_running');
  await api.report(fresh, { phase: 'running', observedGeneration: 1 });
  const { json, status } = await ask();
  assert.equal(status, 200);
  const { at: _at, ...figures } = json as unknown as Record<string, unknown>;
  const unused = { open: 0, connections: 0, bytesIn: 0, bytesOut: 0, lastUsedAt: null };
  assert.deepEqual(figures, { cpuMs: 1, cpus: 1, memoryBytes: 2, memoryLimitBytes: 512 * 1024 ** 2, diskBytes: 3, processes: 4, gateway: unused });
  const lastUsedAt = Date.now();
  for (const gateway of ['g1', 'g2']) await api.store.activity.report(gateway, [{ instanceId: fresh, open: 2, sessions: 2, connections: 3, bytesIn: 10, bytesOut: 20, lastUsedAt }]);
  await api.store.activity.report('g1', [{ instanceId: fresh, open: 0, sessions: 0, connections: 0, bytesIn: 0, bytesOut: 0, lastUsedAt }]);
  await api.store.activity.report('g2', [{ instanceId: fresh, open: 0, sessions: 0, connections: 0, bytesIn: 0, bytesOut: 0, lastUsedAt }]);
  const used = (await ask()).json as unknown as { gateway: unknown };
  assert.deepEqual(used.gateway, { open: 0, connections: 6, bytesIn: 20, bytesOut: 40, lastUsedAt: new Date(lastUsedAt).toISOString() });
});

test('who may connect is set at creation or later, checked item by item, and kept where it is not named', async () => {
  const body = { template: 'redis', name: 'guarded', tlsOnly: true, allowedSources: ['10.0.0.0/8', '2001:DB8:0::7'] };
  const made = await api.ask('/api/containers', { method: 'POST', token: ann.token, body });
  assert.deepEqual([made.json.tlsOnly, made.json.allowedSources], [true, ['10.0.0.0/8', '2001:db8::7']]);
  const change = (changes: object) => api.ask(`/api/containers/${made.json.id}`, { method: 'PATCH', token: ann.token, body: changes });
  assert.deepEqual((await change({ tlsOnly: false })).json.allowedSources, ['10.0.0.0/8', '2001:db8::7']);
  assert.deepEqual((await change({ allowedSources: [] })).json.allowedSources, []);
  const wrong = await change({ allowedSources: ['10.0.0.1', 'example.com', '10.0.0.0/99'] });
  assert.equal(wrong.status, 400);
  assert.deepEqual(Object.keys(wrong.json.fields), ['/allowedSources/1', '/allowedSources/2']);
  assert.equal((await change({ allowedSources: Array.from({ length: 51 }, (_, index) => `10.0.0.${String(index)}`) })).json.code, 'invalid_request');
});

test('one that takes TLS only is shown with strings that speak TLS, also where they go to its own port', async () => {
  await using local = await startApi({ config: { gateway: { postgresqlPort: 5432, redisPort: 6379, tlsPort: 443, certificateAuthority: 'PEM' } } });
  const view = async (template: string) => {
    const made = await local.ask('/api/containers', { method: 'POST', token: local.admin.token, body: { template, name: template, tlsOnly: true } });
    return (await local.ask(`/api/containers/${made.json.id}/connection`, { token: local.admin.token })).json;
  };
  assert.match((await view('postgresql')).clients['psql'] ?? '', /@127\.0\.0\.1:\d+\/\w+\?sslmode=verify-full&sslrootcert=dbmaker-ca\.pem'$/);
  const redis = await view('redis');
  assert.match(redis.connectionString, /^rediss:\/\/.*@127\.0\.0\.1:/);
  assert.match(redis.clients['redis-cli'] ?? '', /^redis-cli -u 'rediss:.*--cacert dbmaker-ca\.pem$/);
});
