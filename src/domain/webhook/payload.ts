import { createHash } from 'node:crypto';
import type { InstanceEvent } from '../instance/event.ts';
import type { Instance } from '../instance/instance.ts';
import { TEST_TYPE } from './webhook.ts';

/** What is queued for one webhook. */
export interface NewDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: number | null;
  readonly type: string;
  readonly body: string;
}

/**
 * An event for a webhook. The id comes of both, so that it is the same however often this is done; of all of the event, not of its number
 * alone: after a power cut another event may get the number of one that was lost.
 * @param instance of the event; null: it is gone
 */
export function deliveryOf(webhookId: string, event: InstanceEvent, instance: Instance | null): NewDelivery {
  const id = `msg_${createHash('sha256').update(JSON.stringify([webhookId, event])).digest('base64url').slice(0, 27)}`;
  const body = {
    id, type: event.type, at: new Date(event.at).toISOString(), instance: instanceOf(event, instance), message: event.message, data: event.data, eventId: event.id,
  };
  return { id, webhookId, eventId: event.id, type: event.type, body: JSON.stringify(body) };
}

/** What the owner sends to see whether it arrives. `id`: never used before. */
export function testDelivery(webhookId: string, id: string, now: number): NewDelivery {
  const body = { id, type: TEST_TYPE, at: new Date(now).toISOString(), instance: null, message: 'A test, sent on request. No database has changed.', data: {}, eventId: null };
  return { id, webhookId, eventId: null, type: TEST_TYPE, body: JSON.stringify(body) };
}

function instanceOf(event: InstanceEvent, instance: Instance | null): object | null {
  if (event.instanceId === '') return null; // an event of no instance
  // One that is gone: what the event says of it.
  const { name = null, slug = null, template = null, type = null, owner = null } = event.data;
  if (instance === null) return { id: event.instanceId, name, slug, template, type, owner };
  return { id: instance.id, name: instance.name, slug: instance.slug, template: instance.templateKey, type: instance.type, owner: instance.ownerName };
}
