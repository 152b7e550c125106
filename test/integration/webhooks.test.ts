/** Webhooks of a real server: real HTTP, real events of a database, kill -9. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { admin, makePerson, type Person } from '../support/person.ts';
import { createRandom } from '../support/random.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';
import { accept, hang, say, startReceiver, verified, type Receiver } from '../support/webhook-receiver.ts';

interface WebhookView {
  readonly id: string;
  readonly secret: string;
}
interface DeliveryView {
  readonly id: string;
  readonly type: string;
  readonly eventId: number | null;
  readonly state: string;
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
}

const ALLOWED = { DBMAKER_WEBHOOK_ALLOW: '127.0.0.1' };

const make = (person: Person, body: object): Promise<WebhookView> => person.must<WebhookView>(201, 'POST', '/api/webhooks', body);

async function deliveries(person: Person, id: string): Promise<DeliveryView[]> {
  const all: DeliveryView[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: DeliveryView[]; next: string | null } = await person.must(200, 'GET', `/api/webhooks/${id}/deliveries?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`);
    all.unshift(...page.items.toReversed());
    cursor = page.next;
  }
  return all;
}

/** Of those that are sent without being named. */
async function eventsOf(person: Person, instanceId: string): Promise<number[]> {
  const all: { id: number; type: string }[] = [];
  for (;;) {
    const { items } = await person.must<{ items: typeof all }>(200, 'GET', `/api/containers/${instanceId}/events?limit=200&after=${all.at(-1)?.id ?? 0}`);
    if (items.length === 0) return all.filter(({ type }) => type !== 'instance.health').map(({ id }) => id);
    all.push(...items);
  }
}

const told = (receiver: Receiver, type: string, server: TestServer): Promise<unknown> => waitFor(
  () => receiver.received.find(({ json }) => json.type === type), { what: `the receiver to be told of ${type}`, timeoutMs: 20_000, explain: () => server.logText() },
);

test('the life of a database is told to its owner and to admins, signed; a stranger hears nothing', async () => {
  await using server = await startServer({ runtime: 'process', env: ALLOWED });
  const [ada, eve, boss] = [await makePerson(server, 'ada'), await makePerson(server, 'eve'), await admin(server)];
  await using mine = await startReceiver();
  await using all = await startReceiver();
  await using stranger = await startReceiver();
  const webhook = await make(ada, { url: `${mine.url}?key=s3cret` });
  const global = await make(boss, { url: all.url, global: true, types: ['instance.created', 'instance.deleted'] });
  await make(eve, { url: stranger.url });

  const tried = await ada.must<DeliveryView>(202, 'POST', `/api/webhooks/${webhook.id}/test`);
  await told(mine, 'webhook.test', server);
  assert.equal(mine.received[0]!.headers['webhook-id'], tried.id);

  const database = await ada.create({ template: 'postgresql', name: 'orders' });
  await told(mine, 'instance.running', server);
  await ada.delete(database.id);
  await told(mine, 'instance.deleted', server);
  await told(all, 'instance.deleted', server);

  const created = mine.received.find(({ json }) => json.type === 'instance.created')!;
  assert.deepEqual([created.json.instance?.['id'], created.json.instance?.['name'], created.json.instance?.['owner']], [database.id, 'orders', 'ada']);
  for (const received of mine.received) {
    assert.equal(verified(received, webhook.secret), 1);
    assert.equal(received.path, '/hook?key=s3cret');
  }
  assert.deepEqual(all.received.map(({ json }) => json.type), ['instance.created', 'instance.deleted']);
  for (const received of all.received) assert.equal(verified(received, global.secret), 1);
  assert.equal(stranger.connections(), 0);
  await waitFor(async () => (await deliveries(ada, webhook.id)).every(({ state }) => state === 'delivered'), { what: 'all to be written down' });
  assert.ok((await deliveries(ada, webhook.id)).every(({ lastStatus, attempts }) => lastStatus === 204 && attempts === 1));
  const { workers } = await boss.must<{ workers: { worker: string; stale: boolean }[] }>(200, 'GET', '/api/monitoring');
  assert.ok(workers.some(({ worker, stale }) => worker === 'webhooks' && !stale));
  const log = await server.logText();
  for (const secret of [webhook.secret, global.secret, 's3cret']) assert.ok(!log.includes(secret));
});

test('a receiver that fails is tried again, at once when a person asks; one that hangs holds up nobody', async () => {
  await using server = await startServer({ runtime: 'process', env: ALLOWED });
  const ada = await makePerson(server, 'ada');
  await using broken = await startReceiver(say(503));
  await using slow = await startReceiver(hang);
  await using works = await startReceiver();
  const webhook = await make(ada, { url: broken.url, types: ['instance.created'] });
  for (const receiver of [slow, works]) await make(ada, { url: receiver.url, types: ['instance.created'] });
  const asked = performance.now();
  await ada.must(202, 'POST', '/api/containers', { template: 'postgresql', name: 'orders' });
  await told(works, 'instance.created', server);
  assert.ok(performance.now() - asked < 9000, 'told while another receiver still hangs');
  const written = async (what: string, is: (delivery: DeliveryView) => boolean): Promise<DeliveryView> => waitFor(async () => {
    const [first] = await deliveries(ada, webhook.id);
    return first !== undefined && is(first) && first;
  }, { what });
  const first = await written('a try to be written down', ({ attempts }) => attempts > 0);
  assert.deepEqual([first.state, first.lastStatus, first.lastError], ['pending', 503, 'The receiver answered 503.']);
  broken.answer = accept;
  await ada.must(202, 'POST', `/api/webhooks/${webhook.id}/deliveries/${first.id}/retry`);
  const last = await written('it to be delivered', ({ state }) => state === 'delivered');
  assert.deepEqual([last.lastStatus, last.lastError], [204, null]);
  assert.ok(last.attempts >= 2);
  assert.equal(broken.received.length, last.attempts, 'two, or more where the first look came after the next try');
  assert.deepEqual(new Set(broken.received.map(({ headers, body }) => `${String(headers['webhook-id'])}${body}`)).size, 1);
});

test('nothing is sent to an address inside, not by a name and not by a redirect, and the log says so', async () => {
  await using server = await startServer({ runtime: 'process' });
  const ada = await makePerson(server, 'ada');
  await using inside = await startReceiver();
  assert.match((await ada.refused('invalid_request', 'POST', '/api/webhooks', { url: inside.url })).detail, /must not lead to a loopback address/);
  const { id } = await make(ada, { url: `http://localhost:${inside.port}/` });
  await ada.must(202, 'POST', `/api/webhooks/${id}/test`);
  const tried = await waitFor(async () => (await deliveries(ada, id)).find(({ attempts }) => attempts > 0), { what: 'the try' });
  assert.deepEqual([tried.state, tried.lastError], ['gave_up', 'Refused: its URL leads to a loopback address. An admin can allow it (DBMAKER_WEBHOOK_ALLOW).']);
  assert.equal(inside.connections(), 0);
});

test('a redirect is not followed', async () => {
  await using server = await startServer({ runtime: 'process', env: ALLOWED });
  const ada = await makePerson(server, 'ada');
  await using inside = await startReceiver();
  await using receiver = await startReceiver(say(302, { location: `http://localhost:${inside.port}/` }));
  const { id } = await make(ada, { url: receiver.url });
  await ada.must(202, 'POST', `/api/webhooks/${id}/test`);
  const tried = await waitFor(async () => (await deliveries(ada, id)).find(({ attempts }) => attempts > 0), { what: 'the try' });
  assert.deepEqual([tried.lastStatus, tried.lastError], [302, 'It answered 302: redirects are not followed.']);
  assert.equal(inside.connections(), 0);
});

test('kill -9 of the server, again and again while events come and are sent, loses none and doubles none in the queue', { timeout: 240_000 }, async (context) => {
  const random = createRandom();
  context.diagnostic(`seed ${random.seed}`);
  await using server = await startServer({ runtime: 'process', env: ALLOWED });
  const ada = await makePerson(server, 'ada');
  await using receiver = await startReceiver((received, response) => void setTimeout(() => accept(received, response), random.between(0, 20)));
  const webhook = await make(ada, { url: receiver.url });
  const database = await ada.create({ template: 'postgresql', name: 'orders' });
  let changes = 0;
  for (let kills = 0; kills < 6; kills += 1) {
    let killed = false;
    let made = 0;
    const changing = (async () => {
      while (!killed) await ada.ask('PATCH', `/api/containers/${database.id}`, { name: `orders-${(changes += 1)}` }).then(() => { made += 1; }, () => undefined);
    })();
    await waitFor(() => made >= 2, { what: 'changes to be made', timeoutMs: 30_000 }); // a busy machine makes few in the time below
    await pause(random.between(50, 700));
    await server.kill('SIGKILL');
    killed = true;
    await changing;
    await server.start();
  }
  const events = await eventsOf(ada, database.id);
  assert.ok(events.length > 12, `only ${events.length} events`);
  const log = await waitFor(async () => {
    const all = await deliveries(ada, webhook.id);
    return all.length >= events.length && all.every(({ state }) => state === 'delivered') && all;
  }, { what: 'everything to be delivered', timeoutMs: 60_000, intervalMs: 200, explain: async () => JSON.stringify([events.length, (await deliveries(ada, webhook.id)).filter(({ state }) => state !== 'delivered')]) });
  // Only of those that were there when we looked: a restart tells of itself, and that may come at any time.
  const known = log.filter(({ eventId }) => eventId! <= events.at(-1)!);
  const received = receiver.received.filter(({ json }) => json.eventId! <= events.at(-1)!);
  assert.deepEqual(known.map(({ eventId }) => eventId), events);
  assert.deepEqual([...new Set(received.map(({ json }) => json.eventId))], events, 'each arrived, in order');
  const idOf = new Map(known.map(({ id, eventId }) => [eventId, id]));
  for (const one of received) {
    assert.equal(one.headers['webhook-id'], idOf.get(one.json.eventId), 'under the same id each time');
    assert.equal(verified(one, webhook.secret), 1);
  }
  assert.ok(received.length - known.length <= 6, 'each kill repeats one at most');
  context.diagnostic(`${events.length} events, ${received.length - known.length} sent twice`);
});
