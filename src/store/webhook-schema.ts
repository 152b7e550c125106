import type { Generated } from 'kysely';
import type { DeliveryState, DisabledReason } from '../domain/webhook/webhook.ts';

/** The tables of webhooks. See ./schema.ts */
export interface WebhookTables {
  webhooks: WebhookRow;
  webhook_deliveries: DeliveryRow;
  /** One row: the event up to which all is queued. Its lock makes workers queue one after the other. */
  webhook_cursor: { id: number; event_id: number };
}

export interface WebhookRow {
  id: string;
  /** null: global. */
  owner_id: string | null;
  /** Of a global one: who answers for it. */
  admin_id: string | null;
  url: string;
  /** Sealed, as the next one. */
  secret: string;
  previous_secret: string | null;
  previous_until: number | null;
  /** JSON: string[]. */
  types: string;
  enabled: number;
  disabled_reason: DisabledReason | null;
  failing_since: number | null;
  after_event: number;
  /** When there is something to send; null: nothing waits. */
  due_at: number | null;
  lease_holder: string | null;
  lease_token: number;
  lease_until: number | null;
  created_at: number;
  updated_at: number;
}

export interface DeliveryRow {
  /** The order in which they are sent. */
  seq: Generated<number>;
  id: string;
  webhook_id: string;
  event_id: number | null;
  type: string;
  state: DeliveryState;
  held: number;
  attempts: number;
  first_tried_at: number | null;
  last_tried_at: number | null;
  /** null unless state = pending. */
  next_try_at: number | null;
  last_status: number | null;
  last_error: string | null;
  created_at: number;
  body: string;
}
