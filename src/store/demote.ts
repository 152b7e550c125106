import { DISABLED_TYPE } from '../domain/webhook/webhook.ts';
import type { Database } from './database.ts';
import { appendEvents } from './repositories/events.ts';
import type { Queries } from './schema.ts';

/** Who is no admin any more, or disabled, hears no more of others: the global webhooks that they answer for go off, in the same transaction, and that is told. */
export async function switchOffGlobalWebhooks(database: Database, queries: Queries, userId: string): Promise<void> {
  const now = database.clock.now();
  const off = await queries.updateTable('webhooks').set({ enabled: 0, disabled_reason: 'demoted', updated_at: now })
    .where('owner_id', 'is', null).where('admin_id', '=', userId).where('enabled', '=', 1).returning('id').execute();
  await appendEvents(database, queries, off.map(({ id }) => ({
    instanceId: '', ownerId: '', type: DISABLED_TYPE, message: 'A global webhook was switched off: who made it is no admin any more, or is disabled.', data: { webhook: id, reason: 'demoted' },
  })), now);
}
