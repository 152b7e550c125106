import { sql } from 'kysely';
import type { GatewayActivity, GatewayUse } from '../../domain/gateway/activity.ts';
import type { ActivityRepository } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';
import type { GatewayActivityRow, Queries } from '../schema.ts';

/** In the place of a gateway's name: what those counted that are gone. */
const GONE = '';

/** A statement has room for so many (SQLite takes 32,766 parameters). */
const ROWS_AT_ONCE = 500;

export class Activity implements ActivityRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async report(gateway: string, uses: readonly GatewayUse[]): Promise<void> {
    const alive = { alive_at: this.#database.clock.now() };
    const rows = uses.map((use) => ({
      instance_id: use.instanceId, gateway, open: use.open, sessions: use.sessions, connections: use.connections, bytes_in: use.bytesIn, bytes_out: use.bytesOut, last_used_at: use.lastUsedAt,
    }));
    await this.#database.writeVolatile(async (queries) => {
      await queries.insertInto('gateways').values({ gateway, ...alive }).onConflict((conflict) => conflict.column('gateway').doUpdateSet(alive)).execute();
      await add(queries, rows);
    });
  }

  async get(instanceId: string, aliveMs: number): Promise<GatewayActivity | null> {
    const rows = await this.#database.read((queries) => queries.selectFrom('gateway_activity')
      .leftJoin('gateways', 'gateways.gateway', 'gateway_activity.gateway')
      .selectAll('gateway_activity').select('alive_at').where('instance_id', '=', instanceId).execute());
    if (rows.length === 0) return null;
    const now = this.#database.clock.now();
    // Last heard of in the future: while the clock was wrong.
    const open = rows.map((row) => (row.alive_at !== null && Math.abs(now - row.alive_at) <= aliveMs ? row.open : 0));
    const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
    return {
      open: sum(open),
      connections: sum(rows.map((row) => row.connections)),
      bytesIn: sum(rows.map((row) => row.bytes_in)),
      bytesOut: sum(rows.map((row) => row.bytes_out)),
      lastUsedAt: Math.max(...rows.map((row, index) => (open[index] === 0 ? row.last_used_at : Math.max(row.last_used_at, row.alive_at ?? 0)))),
    };
  }

  async retire(gateway: string): Promise<void> {
    await this.#database.writeVolatile((queries) => retire(queries, [gateway]));
  }

  async fold(aliveBefore: number): Promise<void> {
    await this.#database.writeVolatile(async (queries) => {
      const dead = await queries.selectFrom('gateways').select('gateway').where('alive_at', '<', aliveBefore).execute();
      await retire(queries, dead.map(({ gateway }) => gateway));
      // On PostgreSQL, a report can come in between the end of an instance and its commit.
      await queries.deleteFrom('gateway_activity').where('instance_id', 'not in', (instances) => instances.selectFrom('instances').select('id')).execute();
    });
  }
}

/** What these gateways counted goes to the rows of those that are gone. */
async function retire(queries: Queries, gateways: readonly string[]): Promise<void> {
  for (const gateway of gateways) {
    const [heard] = await queries.deleteFrom('gateways').where('gateway', '=', gateway).returning('alive_at').execute();
    const rows = await queries.deleteFrom('gateway_activity').where('gateway', '=', gateway).returningAll().execute();
    // A session that was open at the last report was use until then.
    const usedAt = (row: GatewayActivityRow): number => (row.sessions > 0 ? Math.max(row.last_used_at, heard?.alive_at ?? 0) : row.last_used_at);
    await add(queries, rows.map((row) => ({ ...row, gateway: GONE, open: 0, sessions: 0, last_used_at: usedAt(row) })));
  }
}

/** Adds to what is there; `open` replaces it. Rows of instances that are gone are left out. */
async function add(queries: Queries, rows: readonly GatewayActivityRow[]): Promise<void> {
  // In one order, so that no two processes wait for each other in a circle.
  const ordered = rows.toSorted((a, b) => (a.instance_id < b.instance_id ? -1 : 1));
  for (let start = 0; start < ordered.length; start += ROWS_AT_ONCE) {
    const some = ordered.slice(start, start + ROWS_AT_ONCE);
    const found = await queries.selectFrom('instances').select('id').where('id', 'in', some.map((row) => row.instance_id)).execute();
    const known = new Set(found.map(({ id }) => id));
    const values = some.filter((row) => known.has(row.instance_id));
    if (values.length === 0) continue;
    await queries.insertInto('gateway_activity').values(values)
      .onConflict((conflict) => conflict.columns(['instance_id', 'gateway']).doUpdateSet((set) => ({
        open: set.ref('excluded.open'),
        sessions: set.ref('excluded.sessions'),
        connections: set('gateway_activity.connections', '+', set.ref('excluded.connections')),
        bytes_in: set('gateway_activity.bytes_in', '+', set.ref('excluded.bytes_in')),
        bytes_out: set('gateway_activity.bytes_out', '+', set.ref('excluded.bytes_out')),
        last_used_at: sql<number>`case when excluded.last_used_at > gateway_activity.last_used_at then excluded.last_used_at else gateway_activity.last_used_at end`,
      })))
      .execute();
  }
}
