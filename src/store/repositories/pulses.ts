import { sql } from 'kysely';
import { isOfTotal, lastDay, lastStep, nextPulse, packPulse, STEP_MS, STEPS, unpackPulse } from '../../domain/monitoring/pulse.ts';
import type { PulseBeat, PulseRepository } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';
import type { Queries } from '../schema.ts';

/** A row for each instance among the samples: its `start` is when it was noted last, so what is new since then is found by the index. */
const PULSE = 'pulse';
/** A statement has room for so many, and others their turn in between. */
const ROWS_AT_ONCE = 500;
/** When it was begun to note them: what had gone through before that did not do so in the half hour of the first look. */
const BEGUN = 'pulses.begun';
/** Any number that nothing else on the server uses as an advisory lock. */
const LOCK = 7_312_209_413;

interface Found {
  readonly instanceId: string;
  readonly ownerId: string;
  readonly notedAt: number;
  readonly points: string;
}

export class Pulses implements PulseRepository {
  readonly #database: Database;
  #begun = false;

  constructor(database: Database) {
    this.#database = database;
  }

  async note(): Promise<void> {
    const { clock } = this.#database;
    this.#begun ||= await this.#database.read(async (queries) => (await queries.selectFrom('settings').select('key').where('key', '=', BEGUN).executeTakeFirst()) !== undefined);
    for (let after: string | null = ''; after !== null;) {
      const from: string = after;
      after = await this.#database.writeVolatile((queries) => noteSome(this.#database, queries, from, this.#begun));
      await turn();
    }
    if (this.#begun) return;
    const row = { key: BEGUN, value: String(clock.now()) };
    await this.#database.write((queries) => queries.insertInto('settings').values(row).onConflict((conflict) => conflict.column('key').doNothing()).execute());
    this.#begun = true;
  }

  async ofLastDay(viewer: string | null): Promise<Map<string, number[]>> {
    const now = this.#database.clock.now();
    const days = new Map<string, number[]>();
    for await (const { instanceId, points } of this.#since(now - STEPS * STEP_MS, viewer)) {
      const values = lastDay(unpackPulse(points), now);
      if (values.some((value) => value > 0)) days.set(instanceId, values);
    }
    return days;
  }

  async beats(since: number): Promise<PulseBeat[]> {
    const beats: PulseBeat[] = [];
    for await (const { instanceId, ownerId, points } of this.#since(since, null)) beats.push({ instanceId, ownerId, ...lastStep(unpackPulse(points)) });
    return beats;
  }

  /** Those noted at or after `time`, in parts. One that is noted anew meanwhile is met once more at the end, none is passed over. */
  async* #since(time: number, viewer: string | null): AsyncGenerator<Found> {
    for (let [at, id] = [time, '']; ;) {
      const rows = await this.#database.read((queries) => queries.selectFrom('samples').innerJoin('instances', 'instances.id', 'samples.instance_id')
        .select(['instances.id as instanceId', 'instances.owner_id as ownerId', 'samples.start as notedAt', 'samples.points'])
        .where('resolution', '=', PULSE).where(sql<boolean>`(samples.start, samples.instance_id) > (${at}, ${id})`)
        .$if(viewer !== null, (query) => query.where('instances.id', 'in', queries.selectFrom('instances').select('id').where('owner_id', '=', viewer ?? '')
          .unionAll(queries.selectFrom('shares').select('instance_id as id').where('user_id', '=', viewer ?? ''))))
        .orderBy('samples.start').orderBy('samples.instance_id').limit(ROWS_AT_ONCE).execute());
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < ROWS_AT_ONCE) return;
      [at, id] = [last.notedAt, last.instanceId];
      await turn();
    }
  }
}

/** @returns the last instance that was looked at; null: there are no more */
async function noteSome({ kind, clock }: Database, queries: Queries, after: string, begun: boolean): Promise<string | null> {
  if (kind === 'postgresql') await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(queries); // or two workers would count the same bytes
  const totals = await queries.selectFrom('gateway_activity').innerJoin('instances', 'instances.id', 'gateway_activity.instance_id')
    .select(['instance_id', sql<number>`sum(bytes_in + bytes_out)`.as('total')])
    .where('instance_id', '>', after).groupBy('instance_id').orderBy('instance_id').limit(ROWS_AT_ONCE).execute();
  const ids = totals.map(({ instance_id }) => instance_id);
  const known = ids.length === 0 ? [] : await queries.selectFrom('samples').select(['instance_id', 'points']).where('resolution', '=', PULSE).where('instance_id', 'in', ids).execute();
  const texts = new Map(known.map(({ instance_id, points }) => [instance_id, points]));
  const now = clock.now();
  const fresh = totals.filter(({ instance_id, total }) => !isOfTotal(texts.get(instance_id) ?? '', total)).map(({ instance_id, total }) => {
    const text = texts.get(instance_id);
    const before = text === undefined ? (begun ? null : { total, first: 0, values: [] }) : unpackPulse(text);
    return { instance_id, resolution: PULSE, start: now, points: packPulse(nextPulse(before, total, now)) } as const;
  });
  if (fresh.length > 0) {
    await queries.deleteFrom('samples').where('resolution', '=', PULSE).where('instance_id', 'in', fresh.map(({ instance_id }) => instance_id)).execute();
    await queries.insertInto('samples').values(fresh).execute();
  }
  return totals.length < ROWS_AT_ONCE ? null : (ids.at(-1) ?? null);
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
