import { DbmakerError } from '../domain/errors.ts';
import type { Instance, InstanceSpec } from '../domain/instance/instance.ts';
import type { InstanceRepository, SpecChange } from '../domain/ports/store.ts';
import type { Database } from './database.ts';
import { checkName } from './instance-create.ts';
import { changedAt, dueAt, specColumns, toInstance } from './instance-row.ts';
import { checkResources, lockHolding } from './quota.ts';
import { appendEvents } from './repositories/events.ts';
import { checkOperator } from './share-lookup.ts';
import type { InstanceRow, Queries } from './schema.ts';

type Options = Parameters<InstanceRepository['change']>[2];

/** @see InstanceRepository.change */
export async function changeInstance(database: Database, id: string, change: SpecChange, options: Options = {}): Promise<Instance> {
  return database.write(async (queries) => {
    const now = database.clock.now();
    const row = await lockRow(database, queries, id);
    if (row === null) throw gone();
    const instance = toInstance(row);
    const again = instance.spec.desired === 'deleted';
    if (again && change.desired !== 'deleted') throw gone();
    if (options.asOperator !== undefined) await checkOperator(queries, id, options.asOperator);
    if (options.onlyIfGeneration !== undefined && options.onlyIfGeneration !== instance.spec.generation) return instance;
    if (options.onlyIfDesired && !options.onlyIfDesired.includes(instance.spec.desired)) return instance;
    if (change.nextPassword !== undefined && instance.secrets.nextPassword !== null) {
      throw new DbmakerError('conflict', 'A change of the password is under way already.', { remedy: 'Wait until it is done.' });
    }
    if (!again) await checkOwner(database, queries, instance, change);
    // Deleting twice only asks the reconciler to look again.
    const spec = again ? deletedAgain(instance.spec, change) : changedSpec(instance.spec, change);
    const changed = {
      ...row,
      ...specColumns(spec),
      ...(again ? {} : { name: change.name ?? row.name, next_password: change.nextPassword ?? row.next_password }),
      due_at: dueAt(spec.generation, instance.status, now),
      updated_at: changedAt(row, now),
      last_action_at: options.isUse === false ? row.last_action_at : now,
    };
    const { desired, generation, memory_bytes, cpus, spec: document, sleep_after_ms, remove_after_ms, expires_at, name, next_password, due_at, updated_at, last_action_at } = changed;
    await queries.updateTable('instances')
      .set({ desired, generation, memory_bytes, cpus, spec: document, sleep_after_ms, remove_after_ms, expires_at, name, next_password, due_at, updated_at, last_action_at })
      .where('id', '=', id).execute();
    if (options.event && !again) await appendEvents(database, queries, [{ ...options.event, instanceId: id, ownerId: instance.ownerId }], now);
    return toInstance(changed);
  });
}

/** The row, locked until the end of the transaction (SQLite's writer is alone anyway). */
export async function lockRow(database: Database, queries: Queries, id: string): Promise<InstanceRow | null> {
  const row = await queries.selectFrom('instances').selectAll().where('id', '=', id)
    .$if(database.kind === 'postgresql', (query) => query.forUpdate()).executeTakeFirst();
  return row ?? null;
}

async function checkOwner(database: Database, queries: Queries, instance: Instance, change: SpecChange): Promise<void> {
  const renamed = change.name !== undefined && change.name !== instance.name;
  if (!renamed && change.resources === undefined) return;
  const others = await lockHolding(database, queries, instance.ownerId, instance.id);
  if (renamed) await checkName(queries, instance.ownerId, change.name);
  if (change.resources !== undefined) checkResources(others, change.resources, instance.spec.resources);
}

/** Only the backup can be given up; there is no way back to it, as it may be too late. */
function deletedAgain(spec: InstanceSpec, { finalBackup }: SpecChange): InstanceSpec {
  return { ...spec, generation: spec.generation + 1, ...(finalBackup === false ? { finalBackup } : {}) };
}

function changedSpec(spec: InstanceSpec, change: SpecChange): InstanceSpec {
  return {
    ...spec,
    generation: spec.generation + 1,
    restarts: spec.restarts + (change.restart === true ? 1 : 0),
    desired: change.desired ?? spec.desired,
    resources: change.resources ?? spec.resources,
    // null means never, so `??` will not do.
    sleepAfterMs: change.sleepAfterMs === undefined ? spec.sleepAfterMs : change.sleepAfterMs,
    removeAfterMs: change.removeAfterMs === undefined ? spec.removeAfterMs : change.removeAfterMs,
    ...(change.expiresAt === undefined ? {} : { expiresAt: change.expiresAt, ...(spec.trial === true ? { trial: false } : {}) }),
    access: { ...spec.access, ...change.access },
    ...(change.desired === 'deleted' ? { finalBackup: change.finalBackup ?? false } : {}),
  };
}

function gone(): DbmakerError {
  return new DbmakerError('not_found', 'There is no such database.');
}
