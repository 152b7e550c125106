import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store } from '../../../src/domain/ports/store.ts';
import type { DeliveryClaim } from '../../../src/domain/ports/webhook-store.ts';
import { testDelivery, type NewDelivery } from '../../../src/domain/webhook/payload.ts';
import type { Outcome } from '../../../src/domain/webhook/retry.ts';
import type { Webhook } from '../../../src/domain/webhook/webhook.ts';
import { failure, nextId } from '../../support/store.ts';
import type { StoreUnderTest } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';
import { appendEvent, newWebhook } from './webhooks.ts';

const delivery = (webhook: Webhook, eventId: number): NewDelivery => ({ id: `msg_${webhook.id}_${eventId}`, webhookId: webhook.id, eventId, type: 'instance.failed', body: `{"n":${eventId}}` });
const delivered: Outcome = { state: 'delivered', held: false, nextTryAt: null, status: 204, error: null, disable: null };
const failed = (nextTryAt: number, held = true): Outcome => ({ state: 'pending', held, nextTryAt, status: 503, error: 'The receiver answered 503.', disable: null });

/** Queues a delivery of each event to each webhook. */
async function queue(store: Store, webhooks: readonly Webhook[], events: readonly number[]): Promise<void> {
  const all = events.flatMap((event) => webhooks.map((webhook) => delivery(webhook, event)));
  assert.equal(await store.deliveries.queue(all, { from: await store.deliveries.cursor(), to: Math.max(...events) }), true);
}

async function claim({ store }: Pick<StoreUnderTest, 'store'>, webhook: Webhook, holder = 'h'): Promise<DeliveryClaim> {
  const claimed = await store.deliveries.claim(webhook.id, holder, 30_000);
  assert.ok(claimed, 'nothing to claim');
  return claimed;
}

const eventIds = async ({ store }: StoreUnderTest, webhook: Webhook): Promise<(number | null)[]> => (await store.deliveries.list(webhook.id, {}, { limit: 1000 })).items.map(({ eventId }) => eventId);

export function deliveryContract(open: OpenStore): void {
  describe('webhook deliveries', () => {
    test('are queued together with the move of the cursor, each once, and not by two workers', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const [one, two, off] = [await webhooks.create(newWebhook(), 9), await webhooks.create(newWebhook(), 9), await webhooks.create(newWebhook(), 9)];
      await webhooks.update(off.id, { enabled: false });
      const gone = { ...one, id: 'gone' };
      assert.equal(await deliveries.cursor(), 0);
      const all = [5, 6].flatMap((event) => [one, two, off, gone].map((webhook) => delivery(webhook, event)));
      const results = await Promise.all([under.store, await under.another()].map((store) => store.deliveries.queue(all, { from: 0, to: 6 })));
      assert.deepEqual(results.sort(), [false, true]);
      assert.equal(await deliveries.cursor(), 6);
      assert.equal(await deliveries.queue(all, { from: 6, to: 7 }), true); // as after a power cut that took only the cursor
      assert.equal(await deliveries.queue([], { from: 7, to: 9 }), true);
      assert.equal(await deliveries.cursor(), 9);
      for (const webhook of [one, two]) assert.deepEqual(await eventIds(under, webhook), [6, 5]);
      assert.deepEqual(await eventIds(under, off), []);
    });

    test('are sent in order, one at a time for each webhook, by one worker', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const [one, two] = [await webhooks.create(newWebhook(), 9), await webhooks.create(newWebhook({ ownerId: null }), 9)];
      await queue(under.store, [one, two], [1, 2]);
      const both = [{ id: one.id, ownerId: 'u1', failing: false }, { id: two.id, ownerId: null, failing: false }];
      assert.deepEqual(await deliveries.due('h', 10), both);
      assert.deepEqual(await deliveries.due('h', 1), both.slice(0, 1));
      const first = await claim(under, one);
      assert.deepEqual(first, { webhook: one, holder: 'h', token: 1, delivery: (await deliveries.list(one.id, {}, { limit: 10 })).items[1] });
      assert.equal(await deliveries.claim(one.id, 'other', 30_000), null);
      assert.deepEqual((await deliveries.due('other', 10)).map(({ id }) => id), [two.id]);
      assert.deepEqual((await deliveries.due('h', 10)).map(({ id }) => id), [one.id, two.id]); // its own, after a kill -9
      assert.equal(await deliveries.settle(first, delivered), true);
      const second = await claim(under, one, 'other');
      assert.deepEqual([first.delivery.eventId, second.delivery.eventId], [1, 2]);
      assert.equal(await deliveries.settle(second, delivered), true);
      assert.equal(await deliveries.claim(one.id, 'h', 30_000), null);
      assert.deepEqual((await deliveries.due('h', 10)).map(({ id }) => id), [two.id]);
      const { items } = await deliveries.list(one.id, {}, { limit: 10 });
      assert.deepEqual(items.map(({ state, attempts, lastStatus, lastError, nextTryAt, firstTriedAt }) => [state, attempts, lastStatus, lastError, nextTryAt, firstTriedAt]),
        [2, 1].map(() => ['delivered', 1, 204, null, null, under.clock.now()]));
    });

    test('a worker that lost its claim writes nothing; what it held goes on after its end', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const webhook = await webhooks.create(newWebhook(), 9);
      await queue(under.store, [webhook], [1]);
      const frozen = await claim(under, webhook);
      under.clock.advance(30_000);
      const taken = await claim(under, webhook, 'other');
      assert.equal(taken.delivery.id, frozen.delivery.id);
      assert.equal(await deliveries.settle(frozen, delivered), false);
      await deliveries.release(frozen);
      assert.equal(await deliveries.claim(webhook.id, 'h', 30_000), null);
      await deliveries.release(taken);
      const again = await claim(under, webhook);
      await webhooks.delete(webhook.id);
      assert.equal(await deliveries.settle(again, delivered), false);
      await deliveries.release(again);
    });

    test('one that failed holds up those behind it until it is beside the order, and is tried at its time', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const [webhook, other] = [await webhooks.create(newWebhook(), 9), await webhooks.create(newWebhook(), 9)];
      const start = under.clock.now();
      await queue(under.store, [webhook, other], [1, 2, 3]);
      assert.equal(await deliveries.settle(await claim(under, webhook), failed(start + 1000)), true);
      assert.equal((await webhooks.get(webhook.id))?.failingSince, start);
      assert.deepEqual((await deliveries.due('h', 10)).map(({ id }) => id), [other.id]);
      assert.equal(await deliveries.claim(webhook.id, 'h', 1), null);
      under.clock.advance(1000);
      assert.deepEqual(await deliveries.due('h', 10), [{ id: other.id, ownerId: 'u1', failing: false }, { id: webhook.id, ownerId: 'u1', failing: true }]);
      const again = await claim(under, webhook);
      assert.deepEqual([again.delivery.eventId, again.delivery.attempts, again.delivery.lastStatus, again.delivery.firstTriedAt], [1, 1, 503, start]);
      await deliveries.settle(again, failed(start + 5000, false));
      assert.equal((await webhooks.get(webhook.id))?.failingSince, start);
      const second = await claim(under, webhook);
      assert.equal(second.delivery.eventId, 2);
      await deliveries.settle(second, delivered);
      assert.equal((await webhooks.get(webhook.id))?.failingSince, null);
      under.clock.advance(10_000);
      // 3 has been due for longer than the next try of 1.
      for (const eventId of [3, 1]) {
        const next = await claim(under, webhook);
        assert.equal(next.delivery.eventId, eventId);
        await deliveries.settle(next, delivered);
      }
      assert.deepEqual((await deliveries.list(webhook.id, { state: 'pending' }, { limit: 9 })).items, []);
    });

    test('another URL, and switching on, try what waits at once and forget that it failed', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const webhook = await webhooks.create(newWebhook(), 9);
      await queue(under.store, [webhook], [1, 2]);
      for (const change of [{ url: 'https://example.org/' }, { enabled: true }]) {
        await deliveries.settle(await claim(under, webhook), failed(under.clock.now() + 1e7));
        await webhooks.update(webhook.id, { types: ['*'], enabled: !('enabled' in change) });
        assert.deepEqual(await deliveries.due('h', 9), []);
        assert.equal((await webhooks.update(webhook.id, change)).failingSince, null);
        assert.deepEqual((await deliveries.due('h', 9)).map(({ id, failing }) => [id, failing]), [[webhook.id, false]]);
      }
      assert.deepEqual(await claim(under, webhook).then(({ delivery: { eventId, attempts } }) => [eventId, attempts]), [1, 2]);
    });

    test('a next try and a claim of a time when the clock was a year ahead put nothing off once that is put right', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const webhook = await webhooks.create(newWebhook(), 9);
      await queue(under.store, [webhook], [1]);
      const year = 365 * 86_400_000;
      under.clock.advance(year);
      await deliveries.settle(await claim(under, webhook), failed(under.clock.now() + 3_600_000));
      assert.deepEqual(await deliveries.due('h', 9), []);
      under.clock.advance(-year);
      assert.deepEqual((await deliveries.due('h', 9)).map(({ id }) => id), [webhook.id]);
      under.clock.advance(year + 3_600_000);
      await claim(under, webhook, 'killed');
      under.clock.advance(-year);
      assert.deepEqual((await deliveries.due('another', 9)).map(({ id }) => id), [webhook.id]);
      await deliveries.settle(await claim(under, webhook, 'another'), delivered);
    });

    test('what waits is counted, with the age of the oldest: what is new for receivers that work apart from what failed or waits behind it', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const none = { waiting: 0, oldestAt: null };
      assert.deepEqual(await deliveries.backlog(), { new: none, retrying: none });
      const [working, failing, off] = [await webhooks.create(newWebhook(), 9), await webhooks.create(newWebhook(), 9), await webhooks.create(newWebhook(), 9)];
      const start = under.clock.now();
      await queue(under.store, [working, failing, off], [1]);
      under.clock.advance(1000);
      await queue(under.store, [working, failing], [2]);
      await webhooks.update(off.id, { enabled: false });
      await deliveries.settle(await claim(under, failing), failed(start + 5000));
      assert.deepEqual(await deliveries.backlog(), { new: { waiting: 2, oldestAt: start }, retrying: { waiting: 2, oldestAt: start } });
      await deliveries.settle(await claim(under, working), delivered);
      assert.deepEqual((await deliveries.backlog()).new, { waiting: 1, oldestAt: start + 1000 });
    });

    test('switching a webhook off by itself is told by an event, once', async () => {
      await using under = await open();
      const { deliveries, webhooks, events } = under.store;
      for (const [ownerId, reason] of [['u1', 'gone'], [null, 'failing']] as const) {
        const webhook = await webhooks.create(newWebhook({ ownerId }), 9);
        await queue(under.store, [webhook], [1 + (await deliveries.cursor()), 2 + (await deliveries.cursor())]);
        const before = await events.lastId();
        assert.equal(await deliveries.settle(await claim(under, webhook), { ...failed(0), state: 'gave_up', nextTryAt: null, disable: reason }), true);
        const now = await webhooks.get(webhook.id);
        assert.deepEqual([now?.enabled, now?.disabledReason], [false, reason]);
        assert.equal(await deliveries.claim(webhook.id, 'h', 1), null);
        assert.deepEqual((await events.list({}, { after: before, limit: 9 })).map((event) => [event.type, event.ownerId, event.instanceId, event.data]), [['webhook.disabled', ownerId ?? '', '', { webhook: webhook.id, reason }]]);
        // What had been queued before goes on.
        const on = await webhooks.update(webhook.id, { enabled: true });
        assert.deepEqual([on.disabledReason, on.failingSince], [null, null]);
        assert.equal((await claim(under, webhook)).delivery.state, 'pending');
      }
      assert.deepEqual(await deliveries.due('other', 10), []);
    });

    test('a person can send a test, and one again that is done or waits', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const webhook = await webhooks.create(newWebhook(), 9);
      await queue(under.store, [webhook], [1, 2]);
      await deliveries.settle(await claim(under, webhook), failed(under.clock.now() + 1e7));
      const added = await deliveries.add(testDelivery(webhook.id, 'msg_test', under.clock.now()));
      assert.deepEqual([added.eventId, added.held, added.state], [null, false, 'pending']);
      await deliveries.add(testDelivery(webhook.id, 'msg_test2', under.clock.now()));
      const test = await claim(under, webhook);
      assert.deepEqual(test.delivery, added);
      await deliveries.settle(test, { ...delivered, state: 'gave_up' });
      await deliveries.settle(await claim(under, webhook), delivered);
      assert.equal(await deliveries.claim(webhook.id, 'h', 1), null);
      const [, , , first] = (await deliveries.list(webhook.id, {}, { limit: 9 })).items;
      assert.deepEqual({ ...first, nextTryAt: under.clock.now() }, await deliveries.retry(webhook.id, first!.id)); // it waits: now, and as it was
      await deliveries.settle(await claim(under, webhook), { ...delivered, state: 'gave_up' });
      const anew = await deliveries.retry(webhook.id, first!.id);
      assert.deepEqual([anew.state, anew.attempts, anew.firstTriedAt, anew.held], ['pending', 0, null, false]);
      await failure(deliveries.retry(webhook.id, 'msg_no'), 'not_found');
      await failure(deliveries.retry('no', first!.id), 'not_found');
      const stranger = await webhooks.create(newWebhook({ ownerId: 'u2' }), 9);
      await failure(deliveries.retry(stranger.id, first!.id), 'not_found');
      await webhooks.update(webhook.id, { enabled: false });
      await failure(deliveries.retry(webhook.id, first!.id), 'conflict');
      await failure(deliveries.add(testDelivery(webhook.id, 'msg_test3', 0)), 'conflict');
      await failure(deliveries.add(testDelivery('no', 'msg_test3', 0)), 'not_found');
    });

    test('the log comes in pages, newest first', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const webhook = await webhooks.create(newWebhook(), 9);
      await queue(under.store, [webhook], [1, 2, 3, 4, 5]);
      await deliveries.settle(await claim(under, webhook), delivered);
      const seen: (number | null)[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Awaited<ReturnType<typeof deliveries.list>> = await deliveries.list(webhook.id, {}, { limit: 2, ...(cursor === '' ? {} : { cursor }) });
        seen.push(...page.items.map(({ eventId }) => eventId));
        cursor = page.next;
      }
      assert.deepEqual(seen, [5, 4, 3, 2, 1]);
      assert.deepEqual((await deliveries.list(webhook.id, { state: 'delivered' }, { limit: 9 })).items.map(({ eventId }) => eventId), [1]);
      for (const cursor of ['', 'x', '-1', '1'.repeat(30), '1 or 1=1']) await failure(deliveries.list(webhook.id, {}, { limit: 1, cursor }), 'invalid_request');
    });

    test('tidying forgets what is old or too much, and nothing that still is to be sent', async () => {
      await using under = await open();
      const { deliveries, webhooks } = under.store;
      const [webhook, off] = [await webhooks.create(newWebhook(), 9), await webhooks.create(newWebhook(), 9)];
      await queue(under.store, [webhook, off], [1, 2, 3, 4, 5, 6]);
      await webhooks.update(off.id, { enabled: false });
      for (let n = 0; n < 4; n += 1) await deliveries.settle(await claim(under, webhook), delivered);
      const limits = { before: 0, keep: 100, queue: 100 };
      assert.equal(await deliveries.tidy(limits), 0);
      assert.equal(await deliveries.tidy({ ...limits, keep: 3 }), 1);
      assert.deepEqual(await eventIds(under, webhook), [6, 5, 4, 3, 2]);
      assert.equal(await deliveries.tidy({ ...limits, queue: 1 }), 1 + 5);
      assert.deepEqual((await deliveries.list(webhook.id, { state: 'gave_up' }, { limit: 9 })).items.map(({ eventId, lastError }) => [eventId, lastError]), [[5, 'More than 1 waited for this webhook.']]);
      under.clock.advance(1000);
      const later = 6 + await appendEvent(under.store);
      await queue(under.store, [webhook], [later]);
      assert.equal(await deliveries.tidy({ ...limits, before: under.clock.now() }), 4 + 6); // of the one that is off, what waits as well
      assert.deepEqual(await eventIds(under, off), []);
      assert.deepEqual(await eventIds(under, webhook), [later, 6]);
      assert.equal((await claim(under, webhook)).delivery.eventId, 6);
    });

    test('many workers at once send each delivery once, in order', async () => {
      await using under = await open();
      const stores = [under.store, await under.another(), await under.another()];
      const webhooks = [await under.store.webhooks.create(newWebhook(), 9), await under.store.webhooks.create(newWebhook(), 9)];
      const events = Array.from({ length: 20 }, (_, index) => index + 1);
      await queue(under.store, webhooks, events);
      const sent = new Map(webhooks.map(({ id }) => [id, [] as (number | null)[]]));
      await Promise.all(stores.map(async (store, index) => {
        const holder = `${index}-${nextId()}`;
        for (let idle = 0; idle < 500;) {
          const [due] = await store.deliveries.due(holder, 1);
          const claimed = due === undefined ? null : await store.deliveries.claim(due.id, holder, 30_000);
          if (claimed === null) {
            idle += 1;
            if ([...sent.values()].every((list) => list.length === events.length)) break;
            await new Promise((resolve) => void setImmediate(resolve));
          } else {
            sent.get(claimed.webhook.id)!.push(claimed.delivery.eventId);
            assert.equal(await store.deliveries.settle(claimed, delivered), true);
          }
        }
      }));
      assert.deepEqual([...sent.values()], [events, events]);
    });
  });
}
