import type { Activity, EngineFigures, EngineTarget } from '../../domain/ports/engine.ts';
import { APPLICATION_NAME, type Session, withSession } from './session.ts';

export async function version(target: EngineTarget): Promise<string> {
  return withSession(target, versionIn);
}

/** `15.18`, without what a distribution adds. */
export async function versionIn(session: Session): Promise<string> {
  const [row] = await session.rows('SHOW server_version');
  return (row?.['server_version'] ?? '').split(' ')[0] ?? '';
}

/** All databases but the templates. */
export async function size(target: EngineTarget): Promise<number> {
  const [row] = await withSession(target, (session) => session.rows('SELECT sum(pg_database_size(oid)) AS bytes FROM pg_database WHERE NOT datistemplate'));
  return Number(row?.['bytes'] ?? 0);
}

/** Client sessions but those of the control plane; active: a statement is running. */
export async function activity(target: EngineTarget): Promise<Activity> {
  const [row] = await withSession(target, (session) => session.rows(
    `SELECT count(*) AS connections, count(*) FILTER (WHERE state IN ('active', 'fastpath function call')) AS active
     FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> $1`, [APPLICATION_NAME]));
  return { connections: Number(row?.['connections'] ?? 0), active: Number(row?.['active'] ?? 0) };
}

const FIGURES = `SELECT (SELECT sum(pg_database_size(oid)) FROM pg_database WHERE NOT datistemplate) AS bytes,
  sum(xact_commit + xact_rollback) AS operations, sum(blks_hit) AS hits, sum(blks_read) AS misses FROM pg_stat_database`;

/** Of all databases together. */
export async function figuresIn(session: Session): Promise<EngineFigures> {
  const [row] = await session.rows(FIGURES);
  const number = (name: string): number | null => (row?.[name] === null || row?.[name] === undefined ? null : Number(row[name]));
  return { databaseBytes: number('bytes'), keys: null, operations: number('operations'), hits: number('hits'), misses: number('misses') };
}
