import { DbmakerError } from '../../domain/errors.ts';
import type { Page } from '../../domain/ports/page.ts';
import type { Backlog, DeliveryClaim, DeliveryRepository, DueWebhook } from '../../domain/ports/webhook-store.ts';
import type { NewDelivery } from '../../domain/webhook/payload.ts';
import { LONGEST_LEASE_MS, timeLeft } from '../../domain/time-left.ts';
import { TRIED_FOR_MS, type Outcome } from '../../domain/webhook/retry.ts';
import { DISABLED_TYPE, type Delivery, type DeliveryState, type DisabledReason } from '../../domain/webhook/webhook.ts';
import type { Database } from '../database.ts';
import type { Queries } from '../schema.ts';
import { listDeliveries, readBacklog, tidyDeliveries, toDelivery } from '../webhook-log.ts';
import type { DeliveryRow, WebhookRow } from '../webhook-schema.ts';
import { appendEvents } from './events.ts';
import { lockCursor, lockWebhook, toWebhook, webhookNotFound } from './webhooks.ts';

const WHY: Readonly<Record<Exclude<DisabledReason, 'demoted'>, string>> = {
  gone: 'A webhook was switched off: its receiver answered 410 Gone.',
  failing: 'A webhook was switched off: nothing has reached it for days.',
};

/** A statement has room for so many (SQLite takes 32,766 parameters). */
const ROWS_AT_ONCE = 200;

/*
 * What a power cut undoes here is done again: the cursor and what was queued go together, and a delivery that was made is made once more,
 * under the same id. So only what a person asked for waits for the disk.
 */
export class Deliveries implements DeliveryRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async cursor(): Promise<number> {
    const row = await this.#database.read((queries) => queries.selectFrom('webhook_cursor').select('event_id').where('id', '=', 1).executeTakeFirstOrThrow());
    return row.event_id;
  }

  async queue(deliveries: readonly NewDelivery[], { from, to }: { from: number; to: number }): Promise<boolean> {
    const now = this.#database.clock.now();
    return this.#database.writeVolatile(async (queries) => {
      if ((await lockCursor(this.#database, queries)) !== from) return false;
      const wanted = [...new Set(deliveries.map(({ webhookId }) => webhookId))].sort(); // in one order: nobody waits for another in a circle
      const on = new Set<string>();
      for (const id of wanted) if ((await lockWebhook(this.#database, queries, id))?.enabled === 1) on.add(id);
      const rows = deliveries.filter(({ webhookId }) => on.has(webhookId)).map((delivery) => newRow(delivery, true, now));
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        await queries.insertInto('webhook_deliveries').values(rows.slice(start, start + ROWS_AT_ONCE)).onConflict((conflict) => conflict.doNothing()).execute();
      }
      for (const id of on) await refreshDue(queries, id);
      await queries.updateTable('webhook_cursor').set({ event_id: to }).where('id', '=', 1).execute();
      return true;
    });
  }

  async add(delivery: NewDelivery): Promise<Delivery> {
    return this.#database.write(async (queries) => {
      await this.#lockOn(queries, delivery.webhookId);
      const row = newRow(delivery, false, this.#database.clock.now());
      await queries.insertInto('webhook_deliveries').values(row).execute();
      await refreshDue(queries, delivery.webhookId);
      return toDelivery(row);
    });
  }

  async due(holder: string, limit: number): Promise<DueWebhook[]> {
    const now = this.#database.clock.now();
    const rows = await this.#database.read((queries) => queries.selectFrom('webhooks').select(['id', 'owner_id', 'failing_since'])
      .where((where) => where.or([where('due_at', '<=', now), where('due_at', '>', now + TRIED_FOR_MS)])).where('enabled', '=', 1)
      .where((where) => where.or([where('lease_until', 'is', null), where('lease_until', '<=', now), where('lease_until', '>', now + LONGEST_LEASE_MS), where('lease_holder', '=', holder)]))
      .orderBy((order) => order.case().when('failing_since', 'is', null).then(0).else(1).end()).orderBy('due_at').orderBy('id').limit(limit).execute());
    return rows.map((row) => ({ id: row.id, ownerId: row.owner_id, failing: row.failing_since !== null }));
  }

  async claim(webhookId: string, holder: string, leaseMs: number): Promise<DeliveryClaim | null> {
    const now = this.#database.clock.now();
    return this.#database.writeVolatile(async (queries) => {
      const row = await lockWebhook(this.#database, queries, webhookId);
      if (row?.enabled !== 1) return null;
      if (timeLeft(row.lease_until, now, LONGEST_LEASE_MS) > 0 && row.lease_holder !== holder) return null;
      const next = await nextOf(queries, webhookId);
      if (next === undefined || timeLeft(next.next_try_at, now, TRIED_FOR_MS) > 0) {
        await refreshDue(queries, webhookId);
        return null;
      }
      const token = row.lease_token + 1;
      await queries.updateTable('webhooks').set({ lease_holder: holder, lease_token: token, lease_until: now + leaseMs }).where('id', '=', webhookId).execute();
      return { webhook: toWebhook(row), delivery: toDelivery(next), holder, token };
    });
  }

  async settle(claim: DeliveryClaim, outcome: Outcome): Promise<boolean> {
    const now = this.#database.clock.now();
    return this.#database.writeVolatile(async (queries) => {
      const row = await this.#lockClaimed(queries, claim);
      if (row === null) return false;
      const { state, held, nextTryAt, status, error, disable } = outcome;
      await queries.updateTable('webhook_deliveries').set((set) => ({
        state, held: held ? 1 : 0, next_try_at: nextTryAt, last_status: status, last_error: error, last_tried_at: now,
        attempts: set('attempts', '+', 1), first_tried_at: set.fn.coalesce('first_tried_at', set.val(now)),
      })).where('id', '=', claim.delivery.id).execute();
      const off = disable !== null && row.enabled === 1;
      await queries.updateTable('webhooks').set({
        lease_holder: null, lease_until: null, failing_since: state === 'delivered' ? null : (row.failing_since ?? now), ...(off ? { enabled: 0, disabled_reason: disable, updated_at: now } : {}),
      }).where('id', '=', row.id).execute();
      await refreshDue(queries, row.id);
      if (off) await appendEvents(this.#database, queries, [{ instanceId: '', ownerId: row.owner_id ?? '', type: DISABLED_TYPE, message: WHY[disable], data: { webhook: row.id, reason: disable } }], now);
      return true;
    });
  }

  async release(claim: DeliveryClaim): Promise<void> {
    await this.#database.writeVolatile(async (queries) => {
      const row = await this.#lockClaimed(queries, claim);
      if (row !== null) await queries.updateTable('webhooks').set({ lease_holder: null, lease_until: null }).where('id', '=', row.id).execute();
    });
  }

  async backlog(): Promise<Backlog> {
    return this.#database.read(readBacklog);
  }

  async list(webhookId: string, filter: { state?: DeliveryState }, options: { limit: number; cursor?: string }): Promise<Page<Delivery>> {
    return this.#database.read((queries) => listDeliveries(queries, webhookId, filter, options));
  }

  async retry(webhookId: string, deliveryId: string): Promise<Delivery> {
    return this.#database.write(async (queries) => {
      await this.#lockOn(queries, webhookId);
      const row = await queries.selectFrom('webhook_deliveries').selectAll().where('id', '=', deliveryId).where('webhook_id', '=', webhookId).executeTakeFirst();
      if (!row) throw new DbmakerError('not_found', 'This webhook has no such delivery.');
      const anew = row.state === 'pending' ? {} : { state: 'pending', held: 0, attempts: 0, first_tried_at: null } as const;
      const change = { ...anew, next_try_at: this.#database.clock.now() };
      await queries.updateTable('webhook_deliveries').set(change).where('id', '=', deliveryId).execute();
      await refreshDue(queries, webhookId);
      return toDelivery({ ...row, ...change });
    });
  }

  async tidy(limits: { before: number; keep: number; queue: number }): Promise<number> {
    return this.#database.writeVolatile((queries) => tidyDeliveries(queries, limits));
  }

  async #lockOn(queries: Queries, webhookId: string): Promise<void> {
    const row = await lockWebhook(this.#database, queries, webhookId);
    if (row === null) throw webhookNotFound();
    if (row.enabled === 0) throw new DbmakerError('conflict', 'This webhook is switched off.', { remedy: 'Switch it on first: PATCH with {"enabled": true}.' });
  }

  async #lockClaimed(queries: Queries, { webhook, holder, token }: DeliveryClaim): Promise<WebhookRow | null> {
    const row = await lockWebhook(this.#database, queries, webhook.id);
    return row?.lease_holder === holder && row.lease_token === token ? row : null;
  }
}

type Waiting = Omit<DeliveryRow, 'seq'> & { seq: number };

/** Whose turn it is: the first in order, or the one beside the order that is due first. */
async function nextOf(queries: Queries, webhookId: string): Promise<Waiting | undefined> {
  const waiting = queries.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', webhookId).where('state', '=', 'pending');
  const first = await waiting.where('held', '=', 1).orderBy('seq').limit(1).executeTakeFirst();
  const beside = await waiting.where('held', '=', 0).orderBy('next_try_at').limit(1).executeTakeFirst();
  if (first === undefined || beside === undefined) return first ?? beside;
  return (beside.next_try_at ?? 0) < (first.next_try_at ?? 0) ? beside : first;
}

async function refreshDue(queries: Queries, webhookId: string): Promise<void> {
  const next = await nextOf(queries, webhookId);
  await queries.updateTable('webhooks').set({ due_at: next?.next_try_at ?? null }).where('id', '=', webhookId).execute();
}

function newRow(delivery: NewDelivery, held: boolean, now: number): Omit<DeliveryRow, 'seq'> {
  return {
    id: delivery.id, webhook_id: delivery.webhookId, event_id: delivery.eventId, type: delivery.type, state: 'pending', held: held ? 1 : 0, attempts: 0, first_tried_at: null,
    last_tried_at: null, next_try_at: now, last_status: null, last_error: null, created_at: now, body: delivery.body,
  };
}
