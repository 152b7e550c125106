import type { SettingRepository } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';

export class Settings implements SettingRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(key: string): Promise<string | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst());
    return row?.value ?? null;
  }

  async putIfAbsent(key: string, value: string): Promise<string> {
    return this.#database.write(async (queries) => {
      await queries.insertInto('settings').values({ key, value }).onConflict((conflict) => conflict.column('key').doNothing()).execute();
      const row = await queries.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirstOrThrow();
      return row.value;
    });
  }
}
