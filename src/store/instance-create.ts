import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance/instance.ts';
import type { NewInstance } from '../domain/ports/store.ts';
import type { Database } from './database.ts';
import { newRow, toInstance } from './instance-row.ts';
import { checkRoomForNew, lockHolding } from './quota.ts';
import { appendEvents } from './repositories/events.ts';
import { takePort } from './repositories/ports.ts';
import type { Queries } from './schema.ts';

/** @see InstanceRepository.create. Also throws not_found when the owner does not exist. */
export async function createInstance(database: Database, instance: NewInstance): Promise<Instance> {
  try {
    return await database.write(async (queries) => {
      const now = database.clock.now();
      const holding = await lockHolding(database, queries, instance.ownerId);
      checkRoomForNew(holding, instance.spec.resources);
      await checkName(queries, instance.ownerId, instance.name);
      await takePort(queries, instance.port, instance.id, now);
      const row = newRow(instance, now);
      await queries.insertInto('instances').values(row).execute();
      await appendEvents(database, queries, [{
        instanceId: instance.id, ownerId: instance.ownerId, type: 'instance.created', message: `${instance.name} was created.`,
        data: { template: instance.templateKey, slug: instance.slug, port: instance.port },
      }], now);
      return toInstance(row);
    });
  } catch (error) {
    // A unique key of the table; the name was looked at before, so it is id, slug or port.
    if (!isDbmakerError(error, 'conflict') || isDbmakerError(error.cause)) throw error;
    throw new DbmakerError('conflict', 'The id, host name or port of the new database is taken.', { cause: error, remedy: 'Try again.' });
  }
}

/**
 * The owner must be locked: then nobody can take the name before this transaction ends.
 * @throws DbmakerError name_taken
 */
export async function checkName(queries: Queries, ownerId: string, name: string): Promise<void> {
  const other = await queries.selectFrom('instances').select('id')
    .where('owner_id', '=', ownerId).where('name', '=', name).where('desired', '<>', 'deleted').executeTakeFirst();
  if (other) {
    throw new DbmakerError('name_taken', `You have a database named ${name} already.`, { fields: { '/name': 'is taken' }, remedy: 'Choose another name.' });
  }
}
