import { sql } from 'kysely';
import type { PolicySubject } from '../domain/policy/policy.ts';
import type { Database } from './database.ts';
import { NEVER_PROVISIONED, restoredFrom } from './restoring.ts';

/** A session is use for as long as it is known to be open, also where its gateway was killed: its last byte may have been long before. */
const usedAt = sql<number>`case when sessions > 0 and gateways.alive_at > last_used_at then gateways.alive_at else last_used_at end`;

/** @see InstanceRepository.policySubjects */
export async function policySubjects(database: Database, aliveMs: number, id?: string): Promise<PolicySubject[]> {
  const now = database.clock.now();
  // A gateway that was last heard of in the future was so while the clock was wrong.
  const alive = sql`gateways.alive_at between ${sql.lit(now - aliveMs)} and ${sql.lit(now + aliveMs)}`;
  const rows = await database.read((queries) => queries.selectFrom('instances')
    .leftJoin(
      (inner) => inner.selectFrom('gateway_activity').leftJoin('gateways', 'gateways.gateway', 'gateway_activity.gateway')
        .select(({ fn }) => [
          'instance_id', fn.max(usedAt).as('used_at'),
          sql<number>`sum(case when ${alive} then open else 0 end)`.as('open'),
          sql<number>`sum(case when ${alive} then sessions else 0 end)`.as('sessions'),
        ])
        .groupBy('instance_id').as('used'),
      (join) => join.onRef('used.instance_id', '=', 'instances.id'),
    )
    .select(['id', 'desired', 'phase', 'created_at', 'sleep_after_ms', 'remove_after_ms', 'expires_at', 'warned_at', 'warned_for', 'last_action_at', 'used_at', 'open', 'sessions'])
    .select(sql<number>`case when ${restoredFrom('%')} and ${NEVER_PROVISIONED} then 1 else 0 end`.as('restoring'))
    .where('desired', '<>', 'deleted').$if(id !== undefined, (query) => query.where('id', '=', id ?? '')).execute());
  return rows.map((row) => ({
    id: row.id,
    desired: row.desired,
    phase: row.phase,
    createdAt: row.created_at,
    sleepAfterMs: row.sleep_after_ms,
    removeAfterMs: row.remove_after_ms,
    expiresAt: row.expires_at,
    restoring: row.restoring === 1,
    warnedAt: row.warned_at,
    warnedFor: row.warned_for,
    lastActionAt: row.last_action_at ?? row.created_at,
    lastUsedAt: row.used_at === 0 ? null : row.used_at,
    open: row.open ?? 0,
    sessions: row.sessions ?? 0,
  }));
}
