import type { NewDelivery } from '../webhook/payload.ts';
import type { Outcome } from '../webhook/retry.ts';
import type { Delivery, DeliveryState, Webhook } from '../webhook/webhook.ts';
import type { Page } from './page.ts';

export type NewWebhook = Pick<Webhook, 'id' | 'ownerId' | 'url' | 'types' | 'secrets'> & Partial<Pick<Webhook, 'adminId'>>;
/**
 * Members left out stay as they are. Switching on, and another URL, forget that it failed: what waits is tried at once. What happened while it
 * was off is not sent.
 */
export type WebhookChange = Partial<Pick<Webhook, 'url' | 'types' | 'enabled' | 'secrets' | 'adminId'>>;

/** What decides who is told of an event. */
export type Subscriber = Pick<Webhook, 'id' | 'ownerId' | 'types' | 'afterEvent'>;

/** Like the methods of Store: each is one transaction and throws store_unavailable, store_read_only, disk_full. */
export interface WebhookRepository {
  /** @throws quota_exceeded when its owner (or, for a global one, all admins together) has `limit` of them */
  create(webhook: NewWebhook, limit: number): Promise<Webhook>;
  get(id: string): Promise<Webhook | null>;
  /** Newest first: those of an owner, or all, also the global ones. */
  list(filter: { ownerId?: string }, options: { limit: number; cursor?: string }): Promise<Page<Webhook>>;
  /** @throws not_found */
  update(id: string, change: WebhookChange): Promise<Webhook>;
  /** With its deliveries. Whether it was there. */
  delete(id: string): Promise<boolean>;
  /** Those that are on, of these owners, and the global ones. */
  subscribers(ownerIds: readonly string[]): Promise<Subscriber[]>;
}

/** A worker's right to send one delivery. Nobody else sends anything to that webhook until it is settled, released, or `until` has passed. */
export interface DeliveryClaim {
  readonly webhook: Webhook;
  readonly delivery: Delivery;
  readonly holder: string;
  /** Rises with each claim of this webhook. */
  readonly token: number;
}

export interface DueWebhook {
  readonly id: string;
  readonly ownerId: string | null;
  readonly failing: boolean;
}

/** What waits of webhooks that are on. `new`: for receivers that work; `retrying`: after a failure, or behind one. */
export type Backlog = Readonly<Record<'new' | 'retrying', { readonly waiting: number; readonly oldestAt: number | null }>>;

export interface DeliveryRepository {
  /** Up to which event all are queued. */
  cursor(): Promise<number>;
  /**
   * Queues deliveries and moves the cursor, all or nothing. Those of webhooks that are gone or off by now, and those that are queued already,
   * are left out. false: the cursor is not at `from` any more (another worker was here), nothing was done.
   */
  queue(deliveries: readonly NewDelivery[], move: { from: number; to: number }): Promise<boolean>;
  /** Queues one that is no event, beside the order. @throws not_found, conflict when the webhook is off */
  add(delivery: NewDelivery): Promise<Delivery>;
  /** Webhooks to which `holder` may send something now: those that have not failed first, then by how long they wait. */
  due(holder: string, limit: number): Promise<DueWebhook[]>;
  /**
   * The delivery of a webhook whose turn it is, if it is due: the first of those in order, or one beside the order, whichever is due for
   * longer. null: none is, or another worker holds the webhook.
   */
  claim(webhookId: string, holder: string, leaseMs: number): Promise<DeliveryClaim | null>;
  /**
   * Writes down what came of a try and ends the claim. Switching the webhook off writes a `webhook.disabled` event.
   * @returns false when the claim was lost: nothing was written
   */
  settle(claim: DeliveryClaim, outcome: Outcome): Promise<boolean>;
  /** Ends a claim without a try. */
  release(claim: DeliveryClaim): Promise<void>;
  /** For figures. */
  backlog(): Promise<Backlog>;
  /** The log of a webhook, newest first. @throws invalid_request for a cursor that is not ours */
  list(webhookId: string, filter: { state?: DeliveryState }, options: { limit: number; cursor?: string }): Promise<Page<Delivery>>;
  /** Sends it now: one that waits for its next try goes on, any other begins anew, beside the order. @throws not_found, conflict when the webhook is off */
  retry(webhookId: string, deliveryId: string): Promise<Delivery>;
  /**
   * Forgets: what was made before `before` and is done or whose webhook is off, and of each webhook what is done beyond the newest `keep`.
   * Beyond `queue` that wait for one webhook, the oldest are given up. @returns how many are gone or given up
   */
  tidy(limits: { before: number; keep: number; queue: number }): Promise<number>;
}
