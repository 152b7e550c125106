import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { startPart, type Part } from '../support/parts.ts';
import { admin, makePerson, type Person } from '../support/person.ts';
import { startPostgres } from '../support/postgres.ts';
import { cancelRequest, dialPlain } from '../support/raw-postgresql.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

interface Made {
  readonly person: Person;
  readonly id: string;
  readonly connect: (wish?: { port?: number }) => Promise<pg.Client>;
}

async function made(server: TestServer): Promise<Made> {
  const person = await makePerson(server, 'ann');
  const { id, hostname } = await person.create({ template: 'postgresql', name: 'orders' });
  const { username, password, database, directPort } = await person.connection(id);
  const ca = await readFile(path.join(server.home, 'certificates', 'ca.pem'), 'utf8');
  return {
    person, id,
    async connect({ port = server.gateway.postgresql } = {}) {
      const client = new pg.Client({
        host: '127.0.0.1', port, user: username, password, database, connectionTimeoutMillis: 35_000,
        ssl: port === directPort ? false : { ca, servername: hostname, checkServerIdentity: () => undefined },
      });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
  };
}

/** Another process has to hear of a new database first: it looks every second. */
const knowsIt = (part: Part): Promise<unknown> => waitFor(async () => /dbmaker_gateway_routes 1\n/.test(await part.metrics()), { what: 'the gateway to know the database', timeoutMs: 20_000 });

const answers = async (client: pg.Client): Promise<unknown> => (await client.query<{ one: number }>('select 1 as one')).rows[0]?.one;

test('api, workers and gateways each in a process of its own: with all but the gateways and even the store gone, sessions go on and known databases are reached', { timeout: 180_000 }, async () => {
  await using postgres = await startPostgres();
  await using server = await startServer({ runtime: 'process', env: { DBMAKER_DATABASE_URL: await postgres.createDatabase(), DBMAKER_PARTS: 'api,workers' } });
  await using one = await startPart(server, 'gateway');
  await using two = await startPart(server, 'gateway');
  const { person, id, connect } = await made(server);
  await Promise.all([one, two].map(knowsIt));
  const { port } = await person.get(id);

  // The kernel spreads connections over both, what they count adds up, and a cancel finds its session in either.
  const sessions = await Promise.all(Array.from({ length: 16 }, () => connect()));
  const opened = async (part: Part): Promise<number> => Number(/dbmaker_gateway_open_connections\{protocol="postgresql"\} (\d+)/.exec(await part.metrics())?.[1] ?? 0);
  const counts = await Promise.all([one, two].map(opened));
  assert.equal((counts[0] ?? 0) + (counts[1] ?? 0), 16);
  await waitFor(async () => (await person.must<{ gateway: { open: number } }>(200, 'GET', `/api/containers/${id}/metrics`)).gateway.open === 16, { what: 'the API to tell of 16 connections' });
  for (const session of sessions.slice(0, 6)) {
    const sleeping = assert.rejects(session.query('select pg_sleep(30)'), { code: '57014' });
    const { processID, secretKey } = session as pg.Client & { processID: number; secretKey: number };
    await waitFor(async () => (await sessions[15]?.query("select 1 from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'"))?.rowCount, { what: 'the query to run' });
    const key = Buffer.alloc(4);
    key.writeInt32BE(secretKey);
    const socket = await dialPlain(server.gateway.postgresql);
    socket.end(cancelRequest(processID, key)).resume();
    await sleeping;
  }

  // Asleep: woken through a gateway that is another process than the workers.
  await Promise.all(sessions.slice(1).map((session) => session.end()));
  const [first] = sessions;
  assert.ok(first);
  await first.end();
  const times: number[] = [];
  const wakes = async (): Promise<pg.Client> => {
    await person.ask('POST', `/api/containers/${id}/sleep`);
    await person.until(id, 'it to sleep', (view) => view.status === 'sleeping');
    const began = performance.now();
    const client = await connect();
    assert.equal(await answers(client), 1);
    times.push(performance.now() - began);
    return client;
  };
  let woken = await wakes();
  for (; Math.min(...times) >= 3000 && times.length < 4; woken = await wakes()) await woken.end(); // the least: others use this machine too
  assert.ok(Math.min(...times) < 3000, `woke after ${times.map(Math.round).join(', ')} ms`);

  await server.kill('SIGKILL');
  await postgres.dispose();
  assert.equal(await answers(woken), 1, 'an open session goes on');
  const fresh = [await connect(), await connect(), await connect({ port })];
  for (const session of fresh) assert.equal(await answers(session), 1);
  for (const session of [woken, ...fresh]) await session.end();

  // Stopped gently with a session open: no new ones, the old one works until it ends, then the process does.
  const last = await connect({ port });
  const ending = [one.kill('SIGTERM'), two.kill('SIGTERM')];
  await waitFor(async () => { try { await (await connect({ port })).end(); return false; } catch { return true; } }, { what: 'no new connections' });
  assert.equal(await answers(last), 1);
  await last.end();
  assert.deepEqual(await Promise.all(ending), [0, 0]);
  server.abandon();
});

test('a drain has an end: a session that does not leave is ended after DBMAKER_DRAIN_SECONDS', { timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process', env: { DBMAKER_PARTS: 'api,workers' } });
  await using gateway = await startPart(server, 'gateway', { DBMAKER_DRAIN_SECONDS: '1' });
  const { connect } = await made(server);
  await knowsIt(gateway);
  const session = await connect();
  const began = performance.now();
  assert.equal(await gateway.kill('SIGTERM'), 0);
  const took = performance.now() - began;
  assert.ok(took > 900 && took < 10_000, `ended after ${Math.round(took)} ms`);
  await assert.rejects(session.query('select 1'));
});

test('a gateway that comes back knows all databases, made meanwhile too, and forgets deleted ones, without being told', { timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process', env: { DBMAKER_PARTS: 'api,workers' } });
  const { person, id, connect } = await made(server);
  await using gateway = await startPart(server, 'gateway');
  const session = await connect();
  assert.equal(await answers(session), 1);
  await session.end();
  await person.delete(id);
  await waitFor(async () => /dbmaker_gateway_routes 0/.test(await gateway.metrics()), { what: 'the route to be gone' });
  await assert.rejects(connect(), { code: '3D000' });
  assert.ok((await (await admin(server)).list()).length === 0);
});
