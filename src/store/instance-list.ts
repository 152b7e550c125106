import { sql, type SelectQueryBuilder } from 'kysely';
import type { Instance } from '../domain/instance/instance.ts';
import type { InstanceFilter, InstanceRepository, Page, VisibleInstance } from '../domain/ports/store.ts';
import type { Database } from './database.ts';
import { toInstance } from './instance-row.ts';
import { after, older, onePage, page } from './pages.ts';
import type { Queries, Schema } from './schema.ts';

/** @see InstanceRepository.list */
export function listInstances(database: Database, filter: InstanceFilter, options: { limit: number; cursor?: string }): Promise<Page<Instance>> {
  return database.read((queries) => page(filtered(queries.selectFrom('instances').selectAll('instances'), filter), options, toInstance));
}

/**
 * Own ones and shared ones each by their own index, put together: together in one query, either would be read in full, or everybody's.
 * @see InstanceRepository.listVisible
 */
export async function listVisible(database: Database, ...[userId, filter, options]: Parameters<InstanceRepository['listVisible']>): Promise<Page<VisibleInstance>> {
  const position = after(options);
  const limit = Math.max(1, options.limit);
  const most = limit + 1; // one more tells whether there is a next page
  const [own, shared] = await database.read(async (queries: Queries) => [
    await older(filtered(queries.selectFrom('instances').selectAll('instances'), { ...filter, ownerId: userId }), position, ['created_at', 'id']).limit(most).execute(),
    await older(
      filtered(queries.selectFrom('shares').innerJoin('instances', 'instances.id', 'shares.instance_id').selectAll('instances').select('shares.access as share').where('shares.user_id', '=', userId), filter),
      position, ['shares.instance_created_at', 'shares.instance_id'],
    ).limit(most).execute(),
  ]);
  const rows = [...own.map((row) => ({ ...row, share: 'owner' as const })), ...shared].sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1));
  return onePage(rows, limit, (row) => ({ instance: toInstance(row), access: row.share }));
}

function filtered<T extends 'instances', R>(all: SelectQueryBuilder<Schema, T, R>, filter: InstanceFilter): SelectQueryBuilder<Schema, T, R> {
  const { ownerId, type, phase, search } = filter;
  const is = (column: string, value: string): ReturnType<typeof sql<boolean>> => sql<boolean>`${sql.ref(column)} = ${value}`;
  let query = all;
  if (ownerId !== undefined) query = query.where(is('instances.owner_id', ownerId));
  if (type !== undefined) query = query.where(is('instances.type', type));
  if (phase !== undefined) query = query.where(is('instances.phase', phase));
  if (search !== undefined && search !== '') {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where(sql<boolean>`(lower(instances.name) like lower(${pattern}) escape '\\' or instances.slug like lower(${pattern}) escape '\\')`);
  }
  return query;
}
