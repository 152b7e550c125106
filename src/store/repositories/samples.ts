import { floorTo, meanOf, packPoints, SCALES, unpackPoints, type Point, type Resolution, type Sample } from '../../domain/monitoring/sample.ts';
import type { SampleRepository } from '../../domain/ports/store.ts';
import type { Database } from '../database.ts';
import type { Queries, SampleRow } from '../schema.ts';

/** A transaction holds up others no longer than that takes. */
const INSTANCES_AT_ONCE = 200;

export class Samples implements SampleRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(at: number, samples: readonly { readonly instanceId: string; readonly sample: Sample }[]): Promise<void> {
    const ordered = samples.toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1)); // in one order, so that no two processes wait in a circle
    for (let start = 0; start < ordered.length; start += INSTANCES_AT_ONCE) {
      const some = ordered.slice(start, start + INSTANCES_AT_ONCE);
      await this.#database.writeVolatile((queries) => appendSome(queries, at, some));
    }
  }

  async list(instanceId: string, resolution: Resolution, { from, to }: { from: number; to: number }): Promise<Point[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('samples').selectAll()
      .where('instance_id', '=', instanceId).where('resolution', '=', resolution)
      .where('start', '>', from - SCALES[resolution].rowMs).where('start', '<', to).orderBy('start').execute());
    return rows.flatMap((row) => unpackPoints(row.points, resolution, row.start)).filter((point) => point.at >= from && point.at < to);
  }

  async forget(): Promise<void> {
    const now = this.#database.clock.now();
    for (const [resolution, { keptMs, rowMs }] of Object.entries(SCALES) as [Resolution, (typeof SCALES)[Resolution]][]) {
      await this.#database.writeVolatile(async (queries) => {
        await queries.deleteFrom('samples').where('resolution', '=', resolution).where('start', '<', now - keptMs - rowMs).execute();
      });
    }
    // On PostgreSQL, a pulse can be noted between the end of an instance and its commit.
    await this.#database.writeVolatile(async (queries) => {
      await queries.deleteFrom('samples').where('resolution', '=', 'pulse').where('instance_id', 'not in', queries.selectFrom('instances').select('id')).execute();
    });
  }
}

async function appendSome(queries: Queries, at: number, samples: readonly { readonly instanceId: string; readonly sample: Sample }[]): Promise<void> {
  const { minute, quarter } = SCALES;
  const [hour, day, quarterAt] = [floorTo(at, minute.rowMs), floorTo(at, quarter.rowMs), floorTo(at, quarter.pointMs)];
  const ids = samples.map(({ instanceId }) => instanceId);
  const known = new Set((await queries.selectFrom('instances').select('id').where('id', 'in', ids).execute()).map(({ id }) => id));
  const rows = await queries.selectFrom('samples').selectAll().where('instance_id', 'in', ids)
    .where((where) => where.or([where.and([where('resolution', '=', 'minute'), where('start', '=', hour)]), where.and([where('resolution', '=', 'quarter'), where('start', '=', day)])]))
    .execute();
  const texts = new Map(rows.map((row) => [`${row.resolution} ${row.instance_id}`, row.points]));
  const values = samples.filter(({ instanceId }) => known.has(instanceId)).flatMap(({ instanceId, sample }): SampleRow[] => {
    const minutes = packPoints(texts.get(`minute ${instanceId}`) ?? null, 'minute', [{ at: floorTo(at, minute.pointMs), ...sample }]);
    const ofQuarter = unpackPoints(minutes, 'minute', hour).filter((point) => floorTo(point.at, quarter.pointMs) === quarterAt);
    const quarters = packPoints(texts.get(`quarter ${instanceId}`) ?? null, 'quarter', [meanOf(ofQuarter, quarterAt)]);
    return [{ instance_id: instanceId, resolution: 'minute', start: hour, points: minutes }, { instance_id: instanceId, resolution: 'quarter', start: day, points: quarters }];
  });
  if (values.length === 0) return;
  await queries.insertInto('samples').values(values)
    .onConflict((conflict) => conflict.columns(['instance_id', 'resolution', 'start']).doUpdateSet((set) => ({ points: set.ref('excluded.points') })))
    .execute();
}
