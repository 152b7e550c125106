import { posix } from 'node:path';
import { DbmakerError } from '../../domain/errors.ts';
import type { Engine, EngineTarget } from '../../domain/ports/engine.ts';
import { requireWithin } from '../data-path.ts';
import { setOwnPassword } from './password.ts';
import { type Session, withSession } from './session.ts';

/** Making a database copies one and waits for the disk. */
export const ACCESS_LIMIT_MS = 60_000;

export const ensureAccess: Engine['ensureAccess'] = async (target, options) => {
  await withSession(target, (session) => ensureAccessIn(session, target, options), ACCESS_LIMIT_MS);
};

/** The user is there if we get in at all; makes the database, checks where the data is and that nobody gets in without SCRAM. */
export async function ensureAccessIn(session: Session, target: EngineTarget, { dataPath }: Parameters<Engine['ensureAccess']>[1]): Promise<void> {
  if (dataPath !== null) requireWithin(await dataDirectory(session), dataPath);
  await ensureScram(session, target);
  if (session.database !== target.database) await createDatabase(session, target.database);
}

async function dataDirectory(session: Session): Promise<string> {
  if ((await value(session, `SELECT pg_has_role(SESSION_USER, 'pg_read_all_settings', 'USAGE')`)) !== 't') {
    throw new DbmakerError('data_misplaced', 'The login may not see where PostgreSQL keeps its data, so nobody can tell whether it would outlive the container.', {
      remedy: 'Let the image make the user a superuser, or a member of pg_read_all_settings.',
    });
  }
  return posix.normalize((await value(session, 'SHOW data_directory')) ?? '');
}

async function createDatabase(session: Session, database: string): Promise<void> {
  const quoted = await value(session, 'SELECT quote_ident($1)', [database]);
  const exists = await session.rows('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (exists.length === 0) await session.rows(`CREATE DATABASE ${quoted ?? ''}`);
}

async function ensureScram(session: Session, target: EngineTarget): Promise<void> {
  if (!session.scram) throw openDoor('It asks for no password, or not by SCRAM-SHA-256.');
  // Whoever made the role a plain one, or the image an admin's template names, may not let us see the rest.
  if ((await value(session, 'SELECT rolsuper FROM pg_roles WHERE rolname = CURRENT_USER')) !== 't') return;
  const doors = await session.rows(`SELECT line_number, auth_method FROM pg_hba_file_rules
    WHERE auth_method IN ('trust', 'password', 'md5') ORDER BY line_number LIMIT 1`);
  if (doors[0]) throw openDoor(`Line ${doors[0]['line_number'] ?? '?'} of its pg_hba.conf says ${doors[0]['auth_method'] ?? '?'}.`);
  if ((await value(session, `SELECT setting FROM pg_settings WHERE name = 'password_encryption'`)) !== 'scram-sha-256') {
    await session.rows(`ALTER SYSTEM SET password_encryption = 'scram-sha-256'`);
    await session.rows('SELECT pg_reload_conf()');
  }
  const stored = await value(session, `SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = CURRENT_USER`);
  if (stored !== 't') await setOwnPassword(session, target.password);
}

function openDoor(what: string): DbmakerError {
  return new DbmakerError('access_denied', `This PostgreSQL does not protect every way in by SCRAM-SHA-256. ${what}`, {
    remedy: 'Use scram-sha-256 in pg_hba.conf (official images: POSTGRES_INITDB_ARGS=--auth=scram-sha-256) and restart.',
  });
}

async function value(session: Session, sql: string, values: readonly string[] = []): Promise<string | null> {
  const [row] = await session.rows(sql, values);
  return Object.values(row ?? {})[0] ?? null;
}
