import type { InstanceStatus } from '../domain/instance/instance.ts';
import type { InstanceRepository, Lease } from '../domain/ports/store.ts';
import { LONGEST_LEASE_MS } from '../domain/time-left.ts';
import type { Database } from './database.ts';
import { lockRow } from './instance-change.ts';
import { changedAt, dueAt, statusColumns, toInstance } from './instance-row.ts';
import { appendEvents } from './repositories/events.ts';
import { quarantinePort } from './repositories/ports.ts';
import type { InstanceRow, Queries } from './schema.ts';

/*
 * A lease is (holder, token) in the row, with an end. The token rises with each claim, so a worker that slept through the end of its
 * lease is told apart from its successor, even from itself after a restart under the same name. One that has run out but that nobody
 * has claimed since still counts: nobody else can have acted in between. One whose end is further away than any can be was made while a clock
 * was wrong, and is free.
 */

export async function acquireLease(database: Database, id: string, holder: string, ttlMs: number): Promise<Lease | null> {
  const now = database.clock.now();
  return database.writeVolatile(async (queries) => {
    const row = await queries.updateTable('instances')
      .set((set) => ({ lease_holder: holder, lease_token: set('lease_token', '+', 1), lease_until: now + ttlMs }))
      .where('id', '=', id)
      .where((where) => where.or([where('lease_until', 'is', null), where('lease_until', '<=', now), where('lease_until', '>', now + LONGEST_LEASE_MS), where('lease_holder', '=', holder)]))
      .returning('lease_token').executeTakeFirst();
    return row ? { instanceId: id, holder, token: row.lease_token } : null;
  });
}

export async function renewLease(database: Database, lease: Lease, ttlMs: number): Promise<boolean> {
  return setUntil(database, lease, { lease_until: database.clock.now() + ttlMs });
}

export async function releaseLease(database: Database, lease: Lease): Promise<void> {
  await setUntil(database, lease, { lease_until: null, lease_holder: null });
}

async function setUntil(database: Database, lease: Lease, columns: Pick<InstanceRow, 'lease_until'> | Pick<InstanceRow, 'lease_until' | 'lease_holder'>): Promise<boolean> {
  return database.writeVolatile(async (queries) => {
    const { numUpdatedRows } = await queries.updateTable('instances').set(columns)
      .where('id', '=', lease.instanceId).where('lease_holder', '=', lease.holder).where('lease_token', '=', lease.token).executeTakeFirst();
    return numUpdatedRows > 0n;
  });
}

/** @see InstanceRepository.report */
export async function report(database: Database, ...[lease, change, options = {}]: Parameters<InstanceRepository['report']>): Promise<boolean> {
  const work = async (queries: Queries): Promise<boolean> => {
    const now = database.clock.now();
    const row = await lockRow(database, queries, lease.instanceId);
    if (!row || !holds(row, lease)) return false;
    const before = toInstance(row);
    const status: InstanceStatus = { ...before.status, ...change };
    const since = status.phase === before.status.phase ? before.status.since : now;
    const rotated = options.rotated !== undefined && row.next_password === options.rotated;
    const refused = options.rotationRefused !== undefined && row.next_password === options.rotationRefused;
    await queries.updateTable('instances').set({
      ...statusColumns({ ...status, since }),
      due_at: dueAt(row.generation, status, now),
      ...(rotated ? { password: options.rotated, next_password: null } : {}),
      ...(refused ? { next_password: null } : {}),
      updated_at: changedAt(row, now),
    }).where('id', '=', row.id).execute();
    await appendEvents(database, queries, (options.events ?? []).map((event) => ({ ...event, instanceId: row.id, ownerId: row.owner_id })), now);
    return true;
  };
  return options.volatile === true ? database.writeVolatile(work) : database.write(work);
}

/** @see InstanceRepository.close */
export async function closeInstance(database: Database, lease: Lease, quarantineUntil: number): Promise<boolean> {
  return database.write(async (queries) => {
    const row = await lockRow(database, queries, lease.instanceId);
    if (!row || !holds(row, lease)) return false;
    const addressees = await queries.selectFrom('shares').select('user_id').where('instance_id', '=', row.id).execute();
    await queries.deleteFrom('instances').where('id', '=', row.id).execute();
    await queries.deleteFrom('gateway_activity').where('instance_id', '=', row.id).execute();
    await queries.deleteFrom('samples').where('instance_id', '=', row.id).execute();
    await quarantinePort(queries, row.id, quarantineUntil);
    await appendEvents(database, queries, [{
      instanceId: row.id, ownerId: row.owner_id, type: 'instance.deleted', message: `${row.name} was deleted.`, data: { name: row.name, slug: row.slug, port: row.port, template: row.template_key, type: row.type, owner: row.owner_name },
      addressees: addressees.map(({ user_id }) => user_id),
    }], database.clock.now());
    return true;
  });
}

function holds(row: InstanceRow, lease: Lease): boolean {
  return row.lease_holder === lease.holder && row.lease_token === lease.token;
}
