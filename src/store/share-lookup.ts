import { DbmakerError } from '../domain/errors.ts';
import type { ShareAccess } from '../domain/instance/share.ts';
import type { Queries } from './schema.ts';

/** For a change by somebody whom the instance is shared with; its row must be locked. @throws not_found, forbidden */
export async function checkOperator(queries: Queries, instanceId: string, userId: string): Promise<void> {
  const row = await findShare(queries, instanceId, userId);
  if (row === undefined) throw new DbmakerError('not_found', 'There is no such database.');
  if (row.access !== 'operator') throw new DbmakerError('forbidden', 'This database is no longer shared with you as operator.');
}

export function findShare(queries: Queries, instanceId: string, userId: string): Promise<{ access: ShareAccess } | undefined> {
  return queries.selectFrom('shares').select('access').where('instance_id', '=', instanceId).where('user_id', '=', userId).executeTakeFirst();
}
