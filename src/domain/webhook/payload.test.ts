import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceEvent } from '../instance/event.ts';
import type { Instance } from '../instance/instance.ts';
import { deliveryOf, testDelivery } from './payload.ts';

const event: InstanceEvent = { id: 7, instanceId: 'a1', ownerId: 'u1', type: 'instance.failed', message: 'It ended.', data: { code: 'crash_loop' }, at: 1_800_000_000_000 };
const instance = { id: 'a1', name: 'orders', slug: 'ada-redis-a1', templateKey: 'redis', type: 'redis', ownerName: 'ada', secrets: { password: 'sealed' } } as unknown as Instance;

test('an event is told with its database, and nothing of it that is secret', () => {
  const { id, body, ...rest } = deliveryOf('w1', event, instance);
  assert.deepEqual(rest, { webhookId: 'w1', eventId: 7, type: 'instance.failed' });
  assert.deepEqual(JSON.parse(body), {
    id, type: 'instance.failed', at: '2027-01-15T08:00:00.000Z', message: 'It ended.', data: { code: 'crash_loop' }, eventId: 7,
    instance: { id: 'a1', name: 'orders', slug: 'ada-redis-a1', template: 'redis', type: 'redis', owner: 'ada' },
  });
});

test('of a database that is gone, what the event itself says is told', () => {
  const gone = JSON.parse(deliveryOf('w1', { ...event, type: 'instance.deleted', data: { slug: 'ada-redis-a1', port: 10000 } }, null).body);
  assert.deepEqual(gone.instance, { id: 'a1', name: null, slug: 'ada-redis-a1', template: null, type: null, owner: null });
  assert.equal(JSON.parse(deliveryOf('w1', { ...event, instanceId: '' }, null).body).instance, null);
});

test('the id is the same for the same event and webhook, and another for any other', () => {
  const id = (webhook: string, change: Partial<InstanceEvent> = {}): string => deliveryOf(webhook, { ...event, ...change }, instance).id;
  assert.equal(id('w1'), id('w1'));
  assert.match(id('w1'), /^msg_[\w-]{27}$/);
  assert.equal(new Set([id('w1'), id('w2'), id('w1', { id: 8 }), id('w1', { at: 1 }), id('w1', { message: 'x' })]).size, 5);
});

test('a test is of no database', () => {
  const { body, ...rest } = testDelivery('w1', 'msg_x', 0);
  assert.deepEqual(rest, { id: 'msg_x', webhookId: 'w1', eventId: null, type: 'webhook.test' });
  assert.deepEqual([JSON.parse(body).instance, JSON.parse(body).id, JSON.parse(body).at], [null, 'msg_x', '1970-01-01T00:00:00.000Z']);
});
