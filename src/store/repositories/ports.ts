import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import { DbmakerError } from '../../domain/errors.ts';
import type { PortRepository } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';
import type { PortRow, Queries, Schema } from '../schema.ts';

interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** So many ports are looked at in one query: round-robin nearly always finds a free one among the first. */
const CHUNK = 256;
const CLAIMS = 10;

export class Ports implements PortRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async reserve(range: PortRange, ttlMs: number): Promise<number> {
    return this.#database.writeVolatile(async (queries) => {
      const now = this.#database.clock.now();
      const cursor = await queries.selectFrom('port_cursor').select('last_port').where('id', '=', 1)
        .$if(this.#database.kind === 'postgresql', (query) => query.forUpdate()).executeTakeFirstOrThrow();
      const port = await this.#claim(queries, range, cursor.last_port, { now, until: now + ttlMs });
      await queries.updateTable('port_cursor').set({ last_port: port }).where('id', '=', 1).execute();
      return port;
    });
  }

  /** Rows of `ports` are also changed without the lock on the cursor, so what looked free is checked once more by the write itself. */
  async #claim(queries: Queries, range: PortRange, last: number, { now, until }: { now: number; until: number }): Promise<number> {
    const fresh = { instance_id: null, reserved_until: until, quarantined_until: null, blocked_until: null };
    let after = last >= range.from && last <= range.to ? last : range.from - 1;
    for (let attempt = 1; attempt <= CLAIMS; attempt += 1) {
      const port = await firstFree(queries, after + 1, range.to, now) ?? await firstFree(queries, range.from, after, now);
      if (port === null) throw await exhausted(queries, range, now);
      const { numInsertedOrUpdatedRows } = await queries.insertInto('ports').values({ port, ...fresh })
        .onConflict((conflict) => conflict.column('port').doUpdateSet(fresh).where(isFree(now)))
        .executeTakeFirst();
      if ((numInsertedOrUpdatedRows ?? 0n) > 0n) return port;
      after = port;
    }
    throw new DbmakerError('conflict', 'Too many requests for a port at once.', { remedy: 'Try again.' });
  }

  async block(port: number, until: number): Promise<void> {
    // Whoever had reserved it cannot have it either; an instance keeps its port.
    const change = { blocked_until: until, reserved_until: null };
    await this.#database.write((queries) => queries.insertInto('ports').values({ port, instance_id: null, quarantined_until: null, ...change })
      .onConflict((conflict) => conflict.column('port').doUpdateSet(change)).execute());
  }

  async unreserve(port: number): Promise<void> {
    await this.#database.writeVolatile((queries) => queries.updateTable('ports').set({ reserved_until: null })
      .where('port', '=', port).where('instance_id', 'is', null).execute());
  }

  async counts(range: PortRange): Promise<{ taken: number; quarantined: number; free: number }> {
    const now = this.#database.clock.now();
    const rows = await this.#database.read((queries) => busyRows(queries, range.from, range.to, now));
    const taken = rows.filter((row) => row.instance_id !== null || lies(row.reserved_until, now)).length;
    return { taken, quarantined: rows.length - taken, free: range.to - range.from + 1 - rows.length };
  }
}

/**
 * Inside the transaction that makes an instance: its reserved port becomes its own.
 * @throws DbmakerError conflict when the reservation has run out or was lost
 */
export async function takePort(queries: Queries, port: number, instanceId: string, now: number): Promise<void> {
  const { numUpdatedRows } = await queries.updateTable('ports').set({ instance_id: instanceId, reserved_until: null })
    .where('port', '=', port).where('instance_id', 'is', null).where('reserved_until', '>', now).executeTakeFirst();
  if (numUpdatedRows === 0n) throw new DbmakerError('conflict', `Port ${String(port)} is no longer reserved for this.`, { remedy: 'Try again with another port.' });
}

/** Inside the transaction that closes an instance: nobody gets its port before `quarantineUntil`. */
export async function quarantinePort(queries: Queries, instanceId: string, quarantineUntil: number): Promise<void> {
  await queries.updateTable('ports').set({ instance_id: null, reserved_until: null, quarantined_until: quarantineUntil })
    .where('instance_id', '=', instanceId).execute();
}

function lies(time: number | null, now: number): time is number {
  return time !== null && time > now;
}

function isBusy(now: number): (where: ExpressionBuilder<Schema, 'ports'>) => ExpressionWrapper<Schema, 'ports', SqlBool> {
  return (where) => where.or([
    where('instance_id', 'is not', null), where('reserved_until', '>', now), where('quarantined_until', '>', now), where('blocked_until', '>', now),
  ]);
}

/** The opposite of {@link isBusy}, spelled out: `not (null > 5)` is not true in SQL. */
function isFree(now: number): (where: ExpressionBuilder<Schema, 'ports'>) => ExpressionWrapper<Schema, 'ports', SqlBool> {
  const past = (where: ExpressionBuilder<Schema, 'ports'>, column: 'ports.reserved_until' | 'ports.quarantined_until' | 'ports.blocked_until') =>
    where.or([where(column, 'is', null), where(column, '<=', now)]);
  return (where) => where.and([
    where('ports.instance_id', 'is', null), past(where, 'ports.reserved_until'), past(where, 'ports.quarantined_until'), past(where, 'ports.blocked_until'),
  ]);
}

function busyRows(queries: Queries, from: number, to: number, now: number): Promise<PortRow[]> {
  return queries.selectFrom('ports').selectAll().where('port', '>=', from).where('port', '<=', to).where(isBusy(now)).execute();
}

async function firstFree(queries: Queries, from: number, to: number, now: number): Promise<number | null> {
  for (let start = from; start <= to; start += CHUNK) {
    const end = Math.min(to, start + CHUNK - 1);
    const rows = await busyRows(queries, start, end, now);
    const occupied = new Set(rows.map((row) => row.port));
    for (let port = start; port <= end; port += 1) if (!occupied.has(port)) return port;
  }
  return null;
}

async function exhausted(queries: Queries, range: PortRange, now: number): Promise<DbmakerError> {
  const rows = await busyRows(queries, range.from, range.to, now);
  const resting = rows.filter((row) => row.instance_id === null);
  const frees = resting.map((row) => Math.max(...[row.reserved_until, row.quarantined_until, row.blocked_until].filter((time) => lies(time, now))));
  const total = range.to - range.from + 1;
  const which = total === 1 ? `The only port ${String(range.from)} is` : `All ${String(total)} ports ${String(range.from)}-${String(range.to)} are`;
  const remedy = 'Delete a database that nobody needs, or let an admin widen DBMAKER_PORT_RANGE.';
  if (frees.length === 0) return new DbmakerError('ports_exhausted', `${which} taken.`, { remedy });
  const waitMs = Math.min(...frees) - now;
  return new DbmakerError('ports_exhausted', `${which} taken or resting; the next is free in ${inWords(waitMs)}.`, { remedy, retryAfterMs: waitMs });
}

function inWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 120 ? `${String(seconds)} s` : `${String(Math.ceil(seconds / 60))} min`;
}
