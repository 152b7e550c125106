import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addInstance, addUser } from '../../../test/support/store.ts';
import { openWebhookHouse } from '../../../test/support/webhook-house.ts';
import { accept, hang, say, startReceiver, verified, type Received } from '../../../test/support/webhook-receiver.ts';
import { DbmakerError } from '../../domain/errors.ts';

const HOUR_MS = 3_600_000;
const ids = (received: readonly Received[]): (number | null)[] => received.map(({ json }) => json.eventId);

test('each event reaches, signed and in order, the webhooks of its owner and the global ones that ask for its type', async () => {
  await using house = await openWebhookHouse();
  await using all = await startReceiver();
  await using failures = await startReceiver();
  await using global = await startReceiver();
  await using stranger = await startReceiver();
  await house.event(); // before there was any
  const { secret } = await house.add(all.url);
  await house.add(failures.url, { types: ['instance.failed'] });
  await house.add(global.url, { ownerId: null });
  await house.add(stranger.url, { ownerId: 'u2' });
  house.start();
  const mine = [await house.event('instance.running'), await house.event('instance.failed'), await house.event('instance.running')];
  const theirs = await house.event('instance.running', 'u2');
  await house.event('instance.progress');
  await house.until('all to be told', () => all.received.length + failures.received.length + global.received.length + stranger.received.length === 9);
  assert.deepEqual([ids(all.received), ids(failures.received), ids(global.received), ids(stranger.received)], [mine, [mine[1]], [...mine, theirs], [theirs]]);
  for (const received of all.received) {
    assert.equal(verified(received, secret), 1);
    assert.equal(received.headers['webhook-id'], received.json.id);
  }
  assert.deepEqual(house.log.loud(), []);
});

test('what is told of a database is what it was called when it happened', async () => {
  await using house = await openWebhookHouse();
  await using receiver = await startReceiver();
  const owner = await addUser(house.store);
  await house.add(receiver.url, { ownerId: owner.id });
  house.start();
  const { id, name, slug } = await addInstance(house.store, owner);
  await house.until('the event', () => receiver.received.length === 1);
  const { json } = receiver.received[0]!;
  assert.deepEqual([json.type, json.message, json.at], ['instance.created', `${name} was created.`, '2027-01-15T08:00:00.000Z']);
  assert.deepEqual(json.instance, { id, name, slug, template: 'redis', type: 'redis', owner: owner.username });
});

test('a receiver that fails and then works gets everything in order, the same message under the same id', async () => {
  await using house = await openWebhookHouse();
  await using receiver = await startReceiver(say(500));
  const { webhook, secret } = await house.add(receiver.url);
  house.start();
  const events = [await house.event(), await house.event(), await house.event()];
  await house.until('three tries', () => receiver.received.length === 3);
  assert.deepEqual(ids(receiver.received), [events[0], events[0], events[0]]);
  assert.notEqual((await house.store.webhooks.get(webhook.id))?.failingSince, null);
  receiver.answer = accept;
  await house.until('the rest', async () => (await house.deliveries(webhook.id)).every(({ state }) => state === 'delivered'));
  assert.deepEqual(ids(receiver.received), [events[0], events[0], events[0], ...events]);
  assert.equal(new Set(receiver.received.slice(0, 4).map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`)).size, 1);
  assert.equal(new Set(receiver.received.slice(0, 4).map(({ headers }) => headers['webhook-timestamp'])).size, 4);
  for (const received of receiver.received) assert.equal(verified(received, secret), 1);
  assert.deepEqual((await house.deliveries(webhook.id)).map(({ attempts }) => attempts), [4, 1, 1]);
  assert.equal((await house.store.webhooks.get(webhook.id))?.failingSince, null);
});

test('one event that a receiver chokes on does not hold up the others for longer than minutes, and is tried for a day', async () => {
  await using house = await openWebhookHouse();
  let bad = 0;
  await using receiver = await startReceiver((received, response) => (received.json.eventId === bad ? say(500) : accept)(received, response));
  const { webhook } = await house.add(receiver.url);
  house.start();
  const start = house.clock.now();
  bad = await house.event();
  const next = await house.event();
  await house.until('the one behind it', () => ids(receiver.received).includes(next), { stepMs: 1000 });
  assert.ok(house.clock.now() - start < 6 * 60_000);
  await house.until('it to be given up', async () => (await house.deliveries(webhook.id))[0]?.state === 'gave_up', { stepMs: 5 * 60_000 });
  const [given] = await house.deliveries(webhook.id);
  assert.ok(given!.lastTriedAt! - start >= 24 * HOUR_MS && given!.lastTriedAt! - start < 25 * HOUR_MS);
  assert.deepEqual([given!.lastError, given!.lastStatus, given!.nextTryAt], ['The receiver answered 500.', 500, null]);
  assert.equal((await house.store.webhooks.get(webhook.id))?.enabled, true);
});

test('a receiver that is away for days is switched off, and its owner is told so elsewhere', async () => {
  await using house = await openWebhookHouse();
  await using elsewhere = await startReceiver();
  await using away = await startReceiver(say(503));
  const { webhook } = await house.add(away.url);
  await house.add(elsewhere.url, { types: ['webhook.*'] });
  house.start();
  const start = house.clock.now();
  for (let hour = 0; hour < 72; hour += 12) {
    await house.event();
    await house.until('time to pass', () => house.clock.now() >= start + (hour + 12) * HOUR_MS, { stepMs: 10 * 60_000 });
    if (hour === 36) assert.equal((await house.store.webhooks.get(webhook.id))?.enabled, true);
  }
  await house.until('it to be told', () => elsewhere.received.length === 1, { stepMs: 10 * 60_000 });
  const off = await house.store.webhooks.get(webhook.id);
  assert.deepEqual([off?.enabled, off?.disabledReason], [false, 'failing']);
  assert.equal(elsewhere.received[0]!.json.type, 'webhook.disabled');
  assert.equal(elsewhere.received[0]!.json.instance, null);
  const tries = away.received.length;
  await house.event();
  await house.until('time to pass', () => house.clock.now() >= start + 100 * HOUR_MS, { stepMs: HOUR_MS });
  assert.equal(away.received.length, tries);
  // Switched on again, it goes on with what had been queued, not with what was missed.
  away.answer = accept;
  await house.store.webhooks.update(webhook.id, { enabled: true });
  const fresh = await house.event();
  await house.until('the newest', () => ids(away.received).includes(fresh));
  assert.ok(!ids(away.received).includes(fresh - 1));
});

test('410 switches off at once', async () => {
  await using house = await openWebhookHouse();
  await using receiver = await startReceiver(say(410));
  const { webhook } = await house.add(receiver.url);
  house.start();
  await house.event();
  await house.event();
  await house.until('the end', async () => (await house.store.webhooks.get(webhook.id))?.enabled === false);
  assert.equal((await house.store.webhooks.get(webhook.id))?.disabledReason, 'gone');
  assert.equal(receiver.received.length, 1);
});

test('receivers that hang hold up nobody else, be they as many as one owner can have', async () => {
  await using house = await openWebhookHouse();
  await using slow = await startReceiver(hang);
  await using quick = await startReceiver();
  for (let n = 0; n < 20; n += 1) await house.add(slow.url);
  await house.add(quick.url, { ownerId: 'u2' });
  const worker = house.start();
  await house.event();
  await house.until('the slow ones to be busy', () => slow.received.length === 4, { stepMs: 100 });
  const start = house.clock.now();
  for (let n = 0; n < 5; n += 1) await house.event('instance.running', 'u2');
  worker.hint();
  await house.until('the others to be told', () => quick.received.length === 5, { stepMs: 50 });
  assert.ok(house.clock.now() - start < 5000, String(house.clock.now() - start));
  assert.equal(slow.received.length, 4);
});

test('receivers that fail take up half of the places at most, whoever owns them', async () => {
  await using house = await openWebhookHouse();
  await using slow = await startReceiver(say(500));
  await using quick = await startReceiver();
  for (let n = 0; n < 20; n += 1) await house.add(slow.url, { ownerId: `s${n}` });
  await house.add(quick.url, { ownerId: 'u2' });
  house.start();
  for (let n = 0; n < 20; n += 1) await house.event('instance.failed', `s${n}`);
  await house.until('all to have failed', () => slow.received.length >= 20);
  slow.answer = hang;
  const before = slow.received.length;
  await house.until('the failing ones to be busy', () => slow.received.length >= before + 8, { stepMs: 100 });
  await house.event('instance.running', 'u2');
  const start = house.clock.now();
  await house.until('the other to be told', () => quick.received.length === 1, { stepMs: 50 });
  assert.ok(house.clock.now() - start < 3000);
  assert.equal(slow.open(), 8);
});

test('an address inside is refused, and the delivery log says so', async () => {
  await using house = await openWebhookHouse();
  await using receiver = await startReceiver();
  const { webhook } = await house.add(receiver.url);
  const { webhook: named } = await house.add(`http://hooks.example.com:${receiver.port}/`); // leads to 10.0.0.1 here
  house.start({ allow: [] });
  await house.event();
  const error = async (id: string): Promise<string | null | undefined> => (await house.deliveries(id))[0]?.lastError;
  await house.until('the tries', async () => typeof (await error(webhook.id)) === 'string' && typeof (await error(named.id)) === 'string');
  assert.match((await error(webhook.id)) ?? '', /^Refused: its URL leads to a loopback address\./);
  assert.match((await error(named.id)) ?? '', /^Refused: its URL leads to a private address\./);
  assert.equal(receiver.connections(), 0);
});

test('after a change of the secret both sign until the old one has run out', async () => {
  await using house = await openWebhookHouse();
  await using receiver = await startReceiver();
  const { webhook, secret: old } = await house.add(receiver.url);
  const fresh = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  await house.store.webhooks.update(webhook.id, { secrets: { current: house.seal(webhook.id, fresh), previous: { secret: webhook.secrets.current, until: house.clock.now() + HOUR_MS } } });
  house.start();
  await house.event();
  await house.until('the first', () => receiver.received.length === 1);
  house.clock.advance(HOUR_MS);
  await house.event();
  await house.until('the second', () => receiver.received.length === 2);
  assert.deepEqual(receiver.received.map((received) => [verified(received, fresh), verified(received, old)]), [[1, 1], [1, 0]]);
});

test('at its end it waits a little for what is under way; what it cuts off is sent again', async () => {
  await using house = await openWebhookHouse();
  await using receiver = await startReceiver(hang);
  const { webhook } = await house.add(receiver.url);
  house.start();
  await house.event();
  await house.until('the request', () => receiver.received.length === 1);
  await house.stop();
  assert.deepEqual((await house.deliveries(webhook.id)).map(({ state, attempts }) => [state, attempts]), [['pending', 0]]);
  receiver.answer = accept;
  house.start({ holder: 'another' }); // the lease was given back
  await house.until('it to arrive', async () => (await house.deliveries(webhook.id))[0]?.state === 'delivered', { stepMs: 100, steps: 50 });
  assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
});

test('while the store is away that is said once; then it goes on', async () => {
  await using house = await openWebhookHouse();
  await using receiver = await startReceiver();
  await house.add(receiver.url);
  const { deliveries } = house.store;
  const away = async (): Promise<never> => Promise.reject(new DbmakerError('store_unavailable', 'Away.'));
  Object.assign(deliveries, { cursor: away, due: away });
  house.start();
  const start = house.clock.now();
  await house.until('time to pass', () => house.clock.now() > start + 60_000);
  assert.equal(house.log.loud().length, 1);
  Reflect.deleteProperty(deliveries, 'cursor');
  Reflect.deleteProperty(deliveries, 'due');
  await house.event();
  await house.until('the event', () => receiver.received.length === 1);
  assert.deepEqual(house.log.said.filter(({ level }) => level === 'info').map(({ text }) => text), ['webhooks are sent again']);
});

test('nothing secret is logged: no secret, no path or query of a URL', async () => {
  await using house = await openWebhookHouse();
  await using receiver = await startReceiver(say(500));
  const { webhook, secret } = await house.add(`${receiver.url}/T0KEN?key=s3cret`);
  await house.add('http://hooks.example.com/T0KEN?key=s3cret');
  house.start();
  await house.event();
  await house.until('tries', () => receiver.received.length >= 2);
  receiver.answer = say(410);
  await house.until('the end', async () => (await house.store.webhooks.get(webhook.id))?.enabled === false);
  const said = JSON.stringify(house.log.said);
  assert.ok(house.log.said.length > 2);
  for (const text of [secret, secret.slice(6), webhook.secrets.current, 'T0KEN', 's3cret', 'hooks.example.com']) assert.ok(!said.includes(text), text);
});
