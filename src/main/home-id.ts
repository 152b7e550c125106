import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { DbmakerError } from '../domain/errors.ts';
import type { Store } from '../domain/ports/store.ts';
import { readIfThere, writePrivate } from './private-file.ts';

const SETTING = 'home-id';

/**
 * The id that labels everything this installation makes; in the store, and beside the data in `home.id`. They have to agree: a server
 * that works on another home's store would see its databases as absent, and could close the row of one whose data it never removed.
 * @throws DbmakerError invalid_configuration when the store belongs to another home and holds databases
 */
export async function claimStore(store: Store, home: string, options: { storeIsInHome: boolean }): Promise<string> {
  const file = path.join(home, 'home.id');
  const inHome = (await readIfThere(file))?.trim() ?? null;
  const inStore = await store.settings.putIfAbsent(SETTING, inHome ?? randomBytes(8).toString('hex'));
  if (inHome === inStore) return inStore;
  // The first start of this home, or one that was cut off right here.
  const first = inHome === null && (options.storeIsInHome || (await store.instances.overview()).length === 0);
  if (!first) {
    throw new DbmakerError('invalid_configuration', `The store of DBMAKER_DATABASE_URL belongs to another DBMAKER_HOME than ${home}, where its databases' data are.`, {
      remedy: 'Start with that home, or give this one a store of its own. A home that was moved to another directory has to bring its file home.id along.',
    });
  }
  await writePrivate(file, `${inStore}\n`);
  return inStore;
}
