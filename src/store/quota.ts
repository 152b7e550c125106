import { DbmakerError } from '../domain/errors.ts';
import type { Resources } from '../domain/instance/instance.ts';
import type { Held, Quota } from '../domain/user/user.ts';
import type { Database } from './database.ts';
import type { Queries } from './schema.ts';

/**
 * What an owner has now. Instances that are being deleted do not count, except those that only wait for their owner to make room for a final backup:
 * otherwise one after the other could be left to wait.
 */
export interface Holding extends Held {
  readonly quota: Quota;
}

/**
 * Locks the owner until the end of the transaction, so that of several changes at once each sees what the one before it took.
 * @param except id of an instance that is left out of the sums
 * @throws DbmakerError not_found
 */
export async function lockHolding(database: Database, queries: Queries, ownerId: string, except?: string): Promise<Holding> {
  const owner = await queries.selectFrom('users').select(['quota_instances', 'quota_memory_bytes', 'quota_cpus', 'quota_backup_bytes']).where('id', '=', ownerId)
    .$if(database.kind === 'postgresql', (query) => query.forNoKeyUpdate()).executeTakeFirst();
  if (!owner) throw new DbmakerError('not_found', 'There is no such user.');
  const sums = await sumOf(queries, ownerId, except);
  return { quota: { instances: owner.quota_instances, memoryBytes: owner.quota_memory_bytes, cpus: owner.quota_cpus, backupBytes: owner.quota_backup_bytes }, ...sums };
}

/** The same without a lock and without the quota. */
export async function sumOf(queries: Queries, ownerId: string, except?: string): Promise<Held> {
  const sums = await held(queries).where('owner_id', '=', ownerId)
    .$if(except !== undefined, (query) => query.where('id', '<>', except ?? ''))
    .executeTakeFirstOrThrow();
  return { instances: sums.instances, memoryBytes: sums.memoryBytes ?? 0, cpus: sums.cpus ?? 0 };
}

const held = (queries: Queries) => queries.selectFrom('instances')
  .select(({ fn }) => [
    fn.countAll<number>().as('instances'), fn.sum<number | null>('memory_bytes').as('memoryBytes'), fn.sum<number | null>('cpus').as('cpus'),
  ])
  .where((where) => where.or([where('desired', '<>', 'deleted'), where('status', 'like', '%"reason":{"code":"quota_exceeded"%')]));

const NOTHING: Quota = { instances: 0, memoryBytes: 0, cpus: 0, backupBytes: 0 };

/** The same for a page of users, backups included: two queries, however many they are. */
export async function sumsOf(queries: Queries, ownerIds: readonly string[]): Promise<ReadonlyMap<string, Quota>> {
  const sums = new Map<string, Quota>(ownerIds.map((id) => [id, NOTHING]));
  if (ownerIds.length === 0) return sums;
  const add = (id: string, more: Partial<Quota>): void => void sums.set(id, { ...NOTHING, ...sums.get(id), ...more });
  for (const { owner_id: id, ...row } of await held(queries).select('owner_id').where('owner_id', 'in', ownerIds).groupBy('owner_id').execute()) {
    add(id, { instances: row.instances, memoryBytes: row.memoryBytes ?? 0, cpus: row.cpus ?? 0 });
  }
  const backups = await queries.selectFrom('backups').select(['owner_id', ({ fn }) => fn.sum<number | null>('bytes').as('bytes')])
    .where('owner_id', 'in', ownerIds).groupBy('owner_id').execute();
  for (const { owner_id: id, bytes } of backups) add(id, { backupBytes: bytes ?? 0 });
  return sums;
}

/** @throws DbmakerError quota_exceeded when the owner cannot have one more with these resources */
export function checkRoomForNew(holding: Holding, wanted: Resources): void {
  if (holding.instances + 1 > holding.quota.instances) {
    throw exceeded(`You have ${String(holding.instances)} of ${String(holding.quota.instances)} databases.`);
  }
  checkResources(holding, wanted, { memoryBytes: 0, cpus: 0 });
}

/**
 * Only what grows is checked: somebody whose quota was lowered can still shrink.
 * @param holding without the instance in question
 * @throws DbmakerError quota_exceeded
 */
export function checkResources(holding: Holding, wanted: Pick<Resources, 'memoryBytes' | 'cpus'>, now: Pick<Resources, 'memoryBytes' | 'cpus'>): void {
  const { quota } = holding;
  if (wanted.memoryBytes > now.memoryBytes && holding.memoryBytes + wanted.memoryBytes > quota.memoryBytes) {
    throw exceeded(`This needs ${megabytes(wanted.memoryBytes)} of memory; ${megabytes(left(quota.memoryBytes, holding.memoryBytes))} of your ${megabytes(quota.memoryBytes)} are left.`);
  }
  // Fractions of CPUs add up inexactly: a millionth more is no more.
  if (wanted.cpus > now.cpus && holding.cpus + wanted.cpus > quota.cpus + 1e-6) {
    throw exceeded(`This needs ${cpus(wanted.cpus)} CPUs; ${cpus(left(quota.cpus, holding.cpus))} of your ${cpus(quota.cpus)} are left.`);
  }
}

function exceeded(detail: string): DbmakerError {
  return new DbmakerError('quota_exceeded', detail, { remedy: 'Delete a database that you no longer need, or ask an admin for more.' });
}

function left(quota: number, held: number): number {
  return Math.max(0, quota - held);
}

function megabytes(bytes: number): string {
  return `${String(Math.round(bytes / 1024 / 1024))} MB`;
}

function cpus(count: number): string {
  return String(Math.round(count * 100) / 100);
}
