import { DbmakerError } from '../../domain/errors.ts';
import type { Page } from '../../domain/ports/page.ts';
import type { NewWebhook, Subscriber, WebhookChange, WebhookRepository } from '../../domain/ports/webhook-store.ts';
import type { Webhook } from '../../domain/webhook/webhook.ts';
import type { Database } from '../database.ts';
import { page } from '../pages.ts';
import type { Queries } from '../schema.ts';
import type { WebhookRow } from '../webhook-schema.ts';

export class Webhooks implements WebhookRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(webhook: NewWebhook, limit: number): Promise<Webhook> {
    return this.#database.write(async (queries) => {
      const now = this.#database.clock.now();
      await lockCursor(this.#database, queries); // two at once are counted one after the other
      const owned = queries.selectFrom('webhooks').select(({ fn }) => fn.countAll<number>().as('count'));
      const { count } = await owned.where('owner_id', webhook.ownerId === null ? 'is' : '=', webhook.ownerId).executeTakeFirstOrThrow();
      if (count >= limit) {
        throw new DbmakerError('quota_exceeded', `There are ${limit} webhooks already.`, { remedy: 'Delete those that are no longer used.' });
      }
      const row: WebhookRow = {
        id: webhook.id, owner_id: webhook.ownerId, admin_id: webhook.adminId ?? null, url: webhook.url, ...secretColumns(webhook.secrets),
        types: JSON.stringify(webhook.types), enabled: 1, disabled_reason: null,
        failing_since: null, after_event: await lastEvent(queries), due_at: null, lease_holder: null, lease_token: 0, lease_until: null, created_at: now, updated_at: now,
      };
      await queries.insertInto('webhooks').values(row).execute();
      return toWebhook(row);
    });
  }

  async get(id: string): Promise<Webhook | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst());
    return row ? toWebhook(row) : null;
  }

  async list({ ownerId }: { ownerId?: string }, options: { limit: number; cursor?: string }): Promise<Page<Webhook>> {
    return this.#database.read((queries) => {
      const all = queries.selectFrom('webhooks').selectAll();
      return page(ownerId === undefined ? all : all.where('owner_id', '=', ownerId), options, toWebhook);
    });
  }

  async update(id: string, change: WebhookChange): Promise<Webhook> {
    return this.#database.write(async (queries) => {
      const row = await lockWebhook(this.#database, queries, id);
      if (row === null) throw webhookNotFound();
      const { url, types, enabled, secrets, adminId } = change;
      const now = this.#database.clock.now();
      const on = enabled === true && row.enabled === 0;
      const anew = on || (url !== undefined && url !== row.url);
      const changed: WebhookRow = {
        ...row,
        ...(url === undefined ? {} : { url }),
        ...(types === undefined ? {} : { types: JSON.stringify(types) }),
        ...(secrets === undefined ? {} : secretColumns(secrets)),
        ...(adminId === undefined ? {} : { admin_id: adminId }),
        ...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
        ...(on ? { disabled_reason: null, after_event: await lastEvent(queries) } : {}),
        ...(anew ? { failing_since: null, due_at: row.due_at === null ? null : Math.min(row.due_at, now) } : {}),
        updated_at: now,
      };
      // How it went before says nothing any more: whoever has mended it need not wait for hours.
      if (anew) await queries.updateTable('webhook_deliveries').set({ next_try_at: now }).where('webhook_id', '=', id).where('state', '=', 'pending').where('next_try_at', '>', now).execute();
      await queries.updateTable('webhooks').set(changed).where('id', '=', id).execute();
      return toWebhook(changed);
    });
  }

  async delete(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database.write((queries) => queries.deleteFrom('webhooks').where('id', '=', id).executeTakeFirst());
    return numDeletedRows > 0n;
  }

  async subscribers(ownerIds: readonly string[]): Promise<Subscriber[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('webhooks').select(['id', 'owner_id', 'types', 'after_event']).where('enabled', '=', 1)
      .where((where) => where.or([where('owner_id', 'is', null), ...(ownerIds.length > 0 ? [where('owner_id', 'in', ownerIds)] : [])])).orderBy('created_at').orderBy('id').execute());
    return rows.map((row) => ({ id: row.id, ownerId: row.owner_id, types: JSON.parse(row.types) as string[], afterEvent: row.after_event }));
  }
}

export function webhookNotFound(): DbmakerError {
  return new DbmakerError('not_found', 'There is no such webhook.');
}

/** The row, to be changed by this transaction only. */
export async function lockWebhook(database: Database, queries: Queries, id: string): Promise<WebhookRow | null> {
  const row = await queries.selectFrom('webhooks').selectAll().where('id', '=', id)
    .$if(database.kind === 'postgresql', (query) => query.forNoKeyUpdate()).executeTakeFirst();
  return row ?? null;
}

/** Makes transactions that queue go one after the other. @returns the event up to which all is queued */
export async function lockCursor(database: Database, queries: Queries): Promise<number> {
  const row = await queries.selectFrom('webhook_cursor').select('event_id').where('id', '=', 1)
    .$if(database.kind === 'postgresql', (query) => query.forUpdate()).executeTakeFirstOrThrow();
  return row.event_id;
}

export function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    ownerId: row.owner_id,
    adminId: row.admin_id,
    url: row.url,
    types: JSON.parse(row.types) as string[],
    enabled: row.enabled === 1,
    disabledReason: row.disabled_reason,
    failingSince: row.failing_since,
    afterEvent: row.after_event,
    secrets: {
      current: row.secret,
      previous: row.previous_secret === null || row.previous_until === null ? null : { secret: row.previous_secret, until: row.previous_until },
    },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function secretColumns({ current, previous }: Webhook['secrets']): Pick<WebhookRow, 'secret' | 'previous_secret' | 'previous_until'> {
  return { secret: current, previous_secret: previous?.secret ?? null, previous_until: previous?.until ?? null };
}

async function lastEvent(queries: Queries): Promise<number> {
  const row = await queries.selectFrom('events').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row?.id ?? 0;
}
