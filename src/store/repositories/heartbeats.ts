import type { Heartbeat, HeartbeatRepository } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';

export class Heartbeats implements HeartbeatRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async beat(worker: string, state: Heartbeat['state']): Promise<void> {
    const beat = { at: this.#database.clock.now(), state: JSON.stringify(state) };
    await this.#database.writeVolatile((queries) => queries.insertInto('heartbeats').values({ worker, ...beat })
      .onConflict((conflict) => conflict.column('worker').doUpdateSet(beat)).execute());
  }

  async list(): Promise<Heartbeat[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('heartbeats').selectAll().orderBy('worker').execute());
    return rows.map((row) => ({ worker: row.worker, at: row.at, state: JSON.parse(row.state) as Heartbeat['state'] }));
  }
}
