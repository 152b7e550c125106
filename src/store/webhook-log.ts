import { sql } from 'kysely';
import { DbmakerError } from '../domain/errors.ts';
import type { Page } from '../domain/ports/page.ts';
import type { Backlog } from '../domain/ports/webhook-store.ts';
import type { Delivery, DeliveryState } from '../domain/webhook/webhook.ts';
import type { Queries } from './schema.ts';
import type { DeliveryRow } from './webhook-schema.ts';

/** What became of deliveries, and forgetting it. */

/** @see DeliveryRepository.list */
export async function listDeliveries(queries: Queries, webhookId: string, { state }: { state?: DeliveryState }, { limit, cursor }: { limit: number; cursor?: string }): Promise<Page<Delivery>> {
  let query = queries.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', webhookId);
  if (state !== undefined) query = query.where('state', '=', state);
  if (cursor !== undefined) query = query.where('seq', '<', position(cursor));
  const rows = await query.orderBy('seq', 'desc').limit(limit + 1).execute(); // one more tells whether there is a next page
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toDelivery), next: rows.length > limit && last !== undefined ? String(last.seq) : null };
}

/** @see DeliveryRepository.backlog */
export async function readBacklog(queries: Queries): Promise<Backlog> {
  const fresh = sql<number>`case when webhooks.failing_since is null and webhook_deliveries.attempts = 0 then 1 else 0 end`;
  const rows = await queries.selectFrom('webhook_deliveries').innerJoin('webhooks', 'webhooks.id', 'webhook_deliveries.webhook_id')
    .select(({ fn }) => [fresh.as('fresh'), fn.countAll<number>().as('waiting'), fn.min('webhook_deliveries.created_at').as('oldestAt')])
    .where('webhook_deliveries.state', '=', 'pending').where('webhooks.enabled', '=', 1).groupBy(fresh).execute();
  const of = (kind: number): Backlog['new'] => {
    const row = rows.find((one) => one.fresh === kind);
    return { waiting: row?.waiting ?? 0, oldestAt: row?.oldestAt ?? null };
  };
  return { new: of(1), retrying: of(0) };
}

function position(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new DbmakerError('invalid_request', 'The cursor is not one that this list gave out.', { fields: { '/cursor': 'must be the `next` of a page' }, remedy: 'Start again without a cursor.' });
}

/** @see DeliveryRepository.tidy. Each of its steps may be a transaction of its own. */
export async function tidyDeliveries(queries: Queries, { before, keep, queue }: { before: number; keep: number; queue: number }): Promise<number> {
  let count = 0;
  const old = await queries.deleteFrom('webhook_deliveries').where('created_at', '<', before)
    .where((where) => where.or([where('state', '<>', 'pending'), where('webhook_id', 'in', where.selectFrom('webhooks').select('id').where('enabled', '=', 0))]))
    .executeTakeFirst();
  count += Number(old.numDeletedRows);
  const counts = await queries.selectFrom('webhook_deliveries').select(({ fn }) => ['webhook_id', fn.countAll<number>().as('count')]).groupBy('webhook_id')
    .having(({ fn }) => fn.countAll(), '>', Math.min(keep, queue)).execute();
  for (const { webhook_id } of counts) {
    const newest = queries.selectFrom('webhook_deliveries').select('seq').where('webhook_id', '=', webhook_id).orderBy('seq', 'desc').limit(1);
    const lastWaiting = await newest.where('state', '=', 'pending').offset(queue).executeTakeFirst();
    if (lastWaiting !== undefined) {
      const { numUpdatedRows } = await queries.updateTable('webhook_deliveries')
        .set({ state: 'gave_up', next_try_at: null, last_error: `More than ${queue} waited for this webhook.` })
        .where('webhook_id', '=', webhook_id).where('state', '=', 'pending').where('seq', '<=', lastWaiting.seq).executeTakeFirst();
      count += Number(numUpdatedRows);
    }
    const lastDone = await newest.where('state', '<>', 'pending').offset(keep).executeTakeFirst();
    if (lastDone !== undefined) {
      const { numDeletedRows } = await queries.deleteFrom('webhook_deliveries')
        .where('webhook_id', '=', webhook_id).where('state', '<>', 'pending').where('seq', '<=', lastDone.seq).executeTakeFirst();
      count += Number(numDeletedRows);
    }
  }
  return count;
}

export function toDelivery(row: Omit<DeliveryRow, 'seq'>): Delivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    eventId: row.event_id,
    type: row.type,
    body: row.body,
    state: row.state,
    held: row.held === 1,
    attempts: row.attempts,
    firstTriedAt: row.first_tried_at,
    lastTriedAt: row.last_tried_at,
    nextTryAt: row.next_try_at,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at,
  };
}
