import { sql } from 'kysely';
import { HEALTH_EVENT, HEALTH_KEPT, type NewEvent } from '../../domain/instance/event.ts';
import type { Instance, Phase } from '../../domain/instance/instance.ts';
import type { Health } from '../../domain/monitoring/health.ts';
import type { PolicySubject } from '../../domain/policy/policy.ts';
import { routeOf, type InstanceRoute } from '../../domain/instance/route.ts';
import type { InstanceFilter, InstanceOverview, InstanceRepository, Lease, NewInstance, Page, VisibleInstance } from '../../domain/ports/store.ts';
import { LONGEST_LEASE_MS, LONGEST_REST_MS } from '../../domain/time-left.ts';
import type { Database } from '../database.ts';
import { changeInstance, lockRow } from '../instance-change.ts';
import { createInstance } from '../instance-create.ts';
import { listInstances, listVisible } from '../instance-list.ts';
import { acquireLease, closeInstance, releaseLease, renewLease, report } from '../instance-lease.ts';
import { changedAt, toInstance } from '../instance-row.ts';
import { policySubjects } from '../policy-subjects.ts';
import type { InstanceRow, Queries } from '../schema.ts';
import { appendEvents } from './events.ts';

type EventDraft = Pick<NewEvent, 'type' | 'message' | 'data'>;

/** Who asks for routes pipes bytes of others at the same time: so many rows take about 5 ms, 10,000 at once would hold everybody up for 150. */
const ROUTES_AT_ONCE = 400;

export class Instances implements InstanceRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(instance: NewInstance): Promise<Instance> {
    return createInstance(this.#database, instance);
  }

  async get(id: string): Promise<Instance | null> {
    return this.#one('id', id);
  }

  async some(ids: readonly string[]): Promise<Instance[]> {
    if (ids.length === 0) return [];
    const rows = await this.#database.read((queries) => queries.selectFrom('instances').selectAll().where('id', 'in', ids).execute());
    return rows.map(toInstance);
  }

  async getBySlug(slug: string): Promise<Instance | null> {
    return this.#one('slug', slug);
  }

  async getByPort(port: number): Promise<Instance | null> {
    return this.#one('port', port);
  }

  async list(filter: InstanceFilter, options: { limit: number; cursor?: string }): Promise<Page<Instance>> {
    return listInstances(this.#database, filter, options);
  }

  async listVisible(...parameters: Parameters<InstanceRepository['listVisible']>): Promise<Page<VisibleInstance>> {
    return listVisible(this.#database, ...parameters);
  }

  async change(...parameters: Parameters<InstanceRepository['change']>): Promise<Instance> {
    return changeInstance(this.#database, ...parameters);
  }

  async due(limit: number): Promise<string[]> {
    const now = this.#database.clock.now();
    const rows = await this.#database.read((queries) => queries.selectFrom('instances').select('id')
      .where((where) => where.or([where('due_at', '<=', now), where('due_at', '>', now + LONGEST_REST_MS)]))
      .where((where) => where.or([where('lease_until', 'is', null), where('lease_until', '<=', now), where('lease_until', '>', now + LONGEST_LEASE_MS)]))
      .orderBy('due_at').limit(Math.max(1, limit)).execute());
    return rows.map((row) => row.id);
  }

  async overview(): Promise<InstanceOverview[]> {
    return this.#database.read((queries) => queries.selectFrom('instances').select([
      'id', 'desired', 'phase', 'generation', 'observed_generation as observedGeneration', 'next_try_at as nextTryAt', 'port',
    ]).execute());
  }

  async routes({ changedSince = 0 }: { changedSince?: number } = {}): Promise<InstanceRoute[]> {
    const routes = new Map<string, InstanceRoute>();
    let [at, id] = [changedSince, '']; // before every id
    for (;;) {
      // By time of change, which only rises: a row that changes meanwhile is met once more at the end, none is passed over.
      const rows = await this.#database.read((queries) => queries.selectFrom('instances').selectAll()
        .where(sql<boolean>`(updated_at, id) > (${at}, ${id})`).orderBy('updated_at').orderBy('id').limit(ROUTES_AT_ONCE).execute());
      for (const row of rows) {
        routes.set(row.id, routeOf(toInstance(row)));
        [at, id] = [row.updated_at, row.id];
      }
      if (rows.length < ROUTES_AT_ONCE) return [...routes.values()];
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  async acquireLease(id: string, holder: string, ttlMs: number): Promise<Lease | null> {
    return acquireLease(this.#database, id, holder, ttlMs);
  }

  async renewLease(lease: Lease, ttlMs: number): Promise<boolean> {
    return renewLease(this.#database, lease, ttlMs);
  }

  async releaseLease(lease: Lease): Promise<void> {
    return releaseLease(this.#database, lease);
  }

  async report(...parameters: Parameters<InstanceRepository['report']>): Promise<boolean> {
    return report(this.#database, ...parameters);
  }

  async close(lease: Lease, options: { quarantineUntil: number }): Promise<boolean> {
    return closeInstance(this.#database, lease, options.quarantineUntil);
  }

  async policySubjects(aliveMs: number, id?: string): Promise<PolicySubject[]> {
    return policySubjects(this.#database, aliveMs, id);
  }

  async warn(id: string, warning: { at: number; because: string } | null, event: EventDraft): Promise<boolean> {
    return this.#note(id, { warned_at: warning?.at ?? null, warned_for: warning?.because ?? null }, [event]);
  }

  async reportHealth(id: string, health: Health | null, events: readonly EventDraft[] = []): Promise<boolean> {
    return this.#note(id, { health: health === null ? null : JSON.stringify(health) }, events, HEALTH_EVENT);
  }

  async totals(): Promise<{ byPhase: Partial<Record<Phase, number>>; memoryBytes: number; cpus: number }> {
    const rows = await this.#database.read((queries) => queries.selectFrom('instances')
      .select(({ fn }) => [
        'phase', fn.countAll<number>().as('count'),
        // What is being deleted is no longer promised.
        sql<number>`sum(case when desired = 'deleted' then 0 else memory_bytes end)`.as('memoryBytes'),
        sql<number>`sum(case when desired = 'deleted' then 0 else cpus end)`.as('cpus'),
      ])
      .groupBy('phase').execute());
    return {
      byPhase: Object.fromEntries(rows.map((row) => [row.phase, row.count])),
      memoryBytes: rows.reduce((sum, row) => sum + row.memoryBytes, 0),
      cpus: rows.reduce((sum, row) => sum + row.cpus, 0),
    };
  }

  /** What is no part of the spec or the status: nobody's lease guards it. `bounded`: a type of event of which only the newest are kept. */
  async #note(id: string, columns: Partial<Pick<InstanceRow, 'warned_at' | 'warned_for' | 'health'>>, events: readonly EventDraft[], bounded?: string): Promise<boolean> {
    return this.#database.write(async (queries) => {
      const row = await lockRow(this.#database, queries, id);
      if (row === null || row.desired === 'deleted') return false;
      const now = this.#database.clock.now();
      await queries.updateTable('instances').set({ ...columns, updated_at: changedAt(row, now) }).where('id', '=', id).execute();
      if (events.some(({ type }) => type === bounded)) await forgetOlder(queries, id, bounded ?? '');
      await appendEvents(this.#database, queries, events.map((event) => ({ ...event, instanceId: id, ownerId: row.owner_id })), now);
      return true;
    });
  }

  async #one(column: 'id' | 'slug' | 'port', value: string | number): Promise<Instance | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('instances').selectAll().where(column, '=', value).executeTakeFirst());
    return row ? toInstance(row) : null;
  }
}

/** Whoever missed one of these finds what it told in a later one: each is told with its instance as it is by then. */
async function forgetOlder(queries: Queries, instanceId: string, type: string): Promise<void> {
  const kept = await queries.selectFrom('events').select('id').where('instance_id', '=', instanceId).where('type', '=', type).orderBy('id', 'desc').limit(HEALTH_KEPT - 1).execute();
  const oldest = kept.at(-1);
  if (kept.length < HEALTH_KEPT - 1 || oldest === undefined) return;
  await queries.deleteFrom('events').where('instance_id', '=', instanceId).where('type', '=', type).where('id', '<', oldest.id).execute();
}
