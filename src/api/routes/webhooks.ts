import { Type } from 'typebox';
import { testDelivery } from '../../domain/webhook/payload.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { callerOf } from '../caller.ts';
import { askedOwner } from '../owner-filter.ts';
import { DEFAULT_LIMIT, IdParams, oneOf, pageOf, PageQuery, problemResponse, ref, strictObject } from '../schemas/common.ts';
import { Delivery, DELIVERY_STATES, NewWebhookBody, Webhook, WebhookChangeBody } from '../schemas/webhook.ts';
import { randomId } from '../secrets.ts';
import { changeWebhook, createWebhook, deliveryView, visibleWebhook, webhookView, webhookViews } from '../webhooks.ts';

const tags = ['webhooks'];

const WebhookQuery = strictObject({ ...PageQuery, owner: Type.Optional(Type.String({ maxLength: 40, description: 'Username: only theirs, not the global ones. Only admins may ask for others.' })) });
const DeliveryParams = Type.Object({ id: Type.String(), deliveryId: Type.String() });
const DeliveryQuery = strictObject({ ...PageQuery, state: Type.Optional(oneOf(DELIVERY_STATES)) });

/** Members that are written to the audit; a URL may hold secrets. */
const AUDITED = ['types', 'enabled', 'global', 'rotateSecret'];

/** Who wants to be told of events over HTTP, and how that went. */
export function registerWebhookRoutes(app: App, context: ApiContext): void {
  const { store, clock } = context;

  app.get('/api/webhooks', {
    config: { access: 'read' },
    schema: { tags, summary: 'Your webhooks, newest first; an admin sees those of all', querystring: WebhookQuery, response: { 200: pageOf(ref(Webhook)), ...problemResponse } },
  }, async (request) => {
    const caller = callerOf(request);
    const { limit = DEFAULT_LIMIT, cursor, owner } = request.query;
    const ownerId = await askedOwner(store, caller, owner);
    const page = await store.webhooks.list(ownerId === null ? {} : { ownerId }, { limit, ...(cursor === undefined ? {} : { cursor }) });
    return { items: await webhookViews(store, caller, page.items), next: page.next };
  });

  app.post('/api/webhooks', {
    config: { access: 'write', audit: { action: 'webhook.create', detail: AUDITED } },
    schema: {
      tags,
      summary: 'Be told of events: of your own databases, or (admins) of all',
      description: 'Events are sent by POST as JSON and signed as Standard Webhooks has it. The secret, given or made here, is shown this once.',
      body: NewWebhookBody,
      response: { 201: ref(Webhook), ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const { webhook, secret } = await createWebhook(context, caller, request.body);
    noteAudit(request, { subject: webhook.id, ownerId: webhook.ownerId });
    return reply.code(201).header('location', `/api/webhooks/${webhook.id}`).send({ ...(await webhookView(store, caller, webhook)), secret });
  });

  app.get('/api/webhooks/:id', {
    config: { access: 'read' },
    schema: { tags, summary: 'One webhook, without its secret', params: IdParams, response: { 200: ref(Webhook), ...problemResponse } },
  }, async (request) => {
    const caller = callerOf(request);
    return webhookView(store, caller, await visibleWebhook(store, caller, request.params.id));
  });

  app.patch('/api/webhooks/:id', {
    config: { access: 'write', audit: { action: 'webhook.change', detail: AUDITED } },
    schema: { tags, summary: 'Change it, switch it on or off, or give it a new secret', params: IdParams, body: WebhookChangeBody, response: { 200: ref(Webhook), ...problemResponse } },
  }, async (request) => {
    const caller = callerOf(request);
    const { webhook, secret } = await changeWebhook(context, caller, await visibleWebhook(store, caller, request.params.id), request.body);
    noteAudit(request, { ownerId: webhook.ownerId });
    return { ...(await webhookView(store, caller, webhook)), ...(secret === null ? {} : { secret }) };
  });

  app.delete('/api/webhooks/:id', {
    config: { access: 'write', audit: { action: 'webhook.delete' } },
    schema: { tags, summary: 'Delete it, with its log and what still was to be sent', params: IdParams, response: { 204: Type.Null(), ...problemResponse } },
  }, async (request, reply) => {
    const { id, ownerId } = await visibleWebhook(store, callerOf(request), request.params.id);
    await store.webhooks.delete(id);
    noteAudit(request, { ownerId });
    return reply.code(204).send(null);
  });

  app.get('/api/webhooks/:id/deliveries', {
    config: { access: 'read' },
    schema: { tags, summary: 'What was sent and how that went, newest first', description: 'Kept for 7 days, the newest 1,000 that are done.', params: IdParams, querystring: DeliveryQuery, response: { 200: pageOf(ref(Delivery)), ...problemResponse } },
  }, async (request) => {
    const { id } = await visibleWebhook(store, callerOf(request), request.params.id);
    const { limit = DEFAULT_LIMIT, cursor, state } = request.query;
    const page = await store.deliveries.list(id, state === undefined ? {} : { state }, { limit, ...(cursor === undefined ? {} : { cursor }) });
    return { items: page.items.map(deliveryView), next: page.next };
  });

  app.post('/api/webhooks/:id/test', {
    config: { access: 'write', audit: { action: 'webhook.test' } },
    schema: { tags, summary: 'Send a `webhook.test` event', description: 'It is sent within a second or two, once, and not tried again. How it went is in the deliveries.', params: IdParams, response: { 202: ref(Delivery), ...problemResponse } },
  }, async (request, reply) => {
    const { id } = await visibleWebhook(store, callerOf(request), request.params.id);
    return reply.code(202).send(deliveryView(await store.deliveries.add(testDelivery(id, `msg_test_${randomId()}${randomId()}`, clock.now()))));
  });

  app.post('/api/webhooks/:id/deliveries/:deliveryId/retry', {
    config: { access: 'write', audit: { action: 'webhook.retry' } },
    schema: { tags, summary: 'Send it now, also if it was delivered or given up', params: DeliveryParams, response: { 202: ref(Delivery), ...problemResponse } },
  }, async (request, reply) => {
    const { id } = await visibleWebhook(store, callerOf(request), request.params.id);
    return reply.code(202).send(deliveryView(await store.deliveries.retry(id, request.params.deliveryId)));
  });
}
