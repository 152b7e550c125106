import { Type } from 'typebox';
import { MAX_TYPES } from '../../domain/webhook/event-types.ts';
import { nullable, oneOf, strictObject, Time } from './common.ts';

const Url = Type.String({
  maxLength: 10_000, description: 'https:// or http://, without user name and password. Only public addresses, unless an admin allows others.', examples: ['https://hooks.example.com/dbmaker'],
});
const Types = Type.Array(Type.String({ maxLength: 300 }), {
  minItems: 1, maxItems: MAX_TYPES, description: 'Which events: `instance.failed`, all that begin alike (`instance.*`), or `*`. `instance.progress` and `instance.health` only if they are named.', examples: [['instance.failed', 'webhook.*']],
});
const Secret = Type.String({ maxLength: 300, description: '`whsec_` and 24 to 64 bytes in base64 (Standard Webhooks).', examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] });

export const NewWebhookBody = strictObject({
  url: Url,
  types: Type.Optional(Types),
  secret: Type.Optional(Secret),
  global: Type.Optional(Type.Boolean({ description: 'Of the events of everybody. Only admins.' })),
});

export const WebhookChangeBody = strictObject({
  url: Type.Optional(Url),
  types: Type.Optional(Types),
  enabled: Type.Optional(Type.Boolean({ description: 'Switched on again, it goes on with what was queued; what happened while it was off is not sent.' })),
  secret: Type.Optional(Secret),
  rotateSecret: Type.Optional(Type.Literal(true, { description: 'Makes a new secret and shows it. For a day both sign.' })),
}, { minProperties: 1 });

export const Webhook = Type.Object({
  id: Type.String(),
  ownerId: nullable(Type.String({ description: 'null: a global one.' })),
  owner: nullable(Type.String({ description: 'Username; null: a global one.' })),
  global: Type.Boolean(),
  url: Type.String({ description: 'Others than its owner see only where it leads.' }),
  types: Type.Array(Type.String()),
  enabled: Type.Boolean(),
  disabledReason: nullable(Type.String({ description: 'Why it was switched off by itself: `gone` (its receiver answered 410), `failing` (for days), `demoted` (who made this global one is no admin any more, or is disabled).' })),
  failingSince: nullable(Time),
  createdAt: Time,
  updatedAt: Time,
  secret: Type.Optional(Type.String({ description: 'Shown once: where it was made or changed by this request.' })),
}, { $id: 'Webhook' });

export const DELIVERY_STATES = ['pending', 'delivered', 'gave_up'] as const;

export const Delivery = Type.Object({
  id: Type.String({ description: 'The header `webhook-id`: the same at every try.' }),
  type: Type.String(),
  eventId: nullable(Type.Integer({ description: 'null: a test.' })),
  state: oneOf(DELIVERY_STATES),
  attempts: Type.Integer(),
  lastStatus: nullable(Type.Integer({ description: 'HTTP status of the last answer.' })),
  lastError: nullable(Type.String({ description: 'What went wrong at the last try.' })),
  createdAt: Time,
  lastTriedAt: nullable(Time),
  nextTryAt: nullable(Time),
}, { $id: 'WebhookDelivery' });

export const webhookSchemas = [Webhook, Delivery];
