import type { Socket } from 'node:net';
import pg from 'pg';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { unreachable, withConnection } from '../with-connection.ts';
import { postgresqlError, sqlState } from './errors.ts';

/** How our own sessions are known in pg_stat_activity. */
export const APPLICATION_NAME = 'dbmaker-control';

const LIMIT_MS = 10_000;
const STATEMENT_LIMIT_MS = 8_000;
/** Databases that every cluster has, to log in when the wanted one is missing. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'];
/** What an owner may have set otherwise on the role, the database or the server. */
const SETTINGS = ['search_path=pg_catalog', 'role=none', 'default_transaction_read_only=off', 'synchronous_commit=on', `lock_timeout=${STATEMENT_LIMIT_MS}`];
const NO_SUCH_DATABASE = '3D000';

export interface Session {
  /** The one that the login ended in: the target's, or a maintenance one when that is missing. */
  readonly database: string;
  /** Whether the server asked for SCRAM; a server that trusts everybody asks for nothing. */
  readonly scram: boolean;
  /** Runs one statement. Every value arrives as text or null. */
  rows(sql: string, values?: readonly string[]): Promise<Record<string, string | null>[]>;
}

/**
 * Logs in, hands the session to `use`, logs out. Settings that an owner can put on roles and databases (search_path, timeouts, durability)
 * do not reach it: those of the startup packet win.
 * @throws DbmakerError endpoint_unreachable, access_denied, disk_full, cancelled, runtime_failed
 */
export async function withSession<T>(target: EngineTarget, use: (session: Session) => Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  const statementLimitMs = Math.max(STATEMENT_LIMIT_MS, limitMs - 2_000);
  for (const database of new Set([target.database, ...MAINTENANCE_DATABASES])) {
    const outcome = await withConnection(target, limitMs, async (socket) => inSession(socket, { ...target, database }, statementLimitMs, use));
    if (outcome !== null) return outcome.value;
  }
  throw postgresqlError(new Error(`neither the database nor any of ${MAINTENANCE_DATABASES.join(', ')} exists`), []);
}

/** null: there is no such database. */
async function inSession<T>(
  socket: Socket, target: EngineTarget, statementLimitMs: number, use: (session: Session) => Promise<T>,
): Promise<{ value: T } | null> {
  if (socket.destroyed || !socket.readable) throw unreachable('PostgreSQL closed the connection.');
  const client = new pg.Client({
    stream: () => alreadyConnected(socket),
    ssl: false, // a unix socket, or an address that only this host reaches
    host: 'instance', // never used; keeps pg from looking at the environment
    user: target.username,
    password: target.password,
    database: target.database,
    application_name: APPLICATION_NAME,
    options: [...SETTINGS, `statement_timeout=${statementLimitMs}`].map((setting) => `-c ${setting}`).join(' '),
    types: { getTypeParser: () => (text: string) => text },
  });
  let scram = false;
  // Not in pg's types: each message of the server is an event of `connection`.
  (client as unknown as { connection: NodeJS.EventEmitter }).connection.once('authenticationSASL', () => (scram = true));
  client.on('error', () => undefined); // the running query is rejected with it
  try {
    try {
      await client.connect();
    } catch (error) {
      if (sqlState(error) === NO_SUCH_DATABASE) return null;
      throw error;
    }
    const rows: Session['rows'] = async (sql, values = []) => {
      const result = await client.query<Record<string, string | null>>(sql, [...values]);
      return result.rows;
    };
    return { value: await use({ database: target.database, scram, rows }) };
  } catch (error) {
    throw postgresqlError(error, [target.password]);
  } finally {
    await client.end().catch(() => undefined); // what is left of the connection is destroyed by withConnection
  }
}

/** pg connects its stream itself: for a socket that is connected this becomes saying so. */
function alreadyConnected(socket: Socket): Socket {
  socket.connect = (): Socket => {
    process.nextTick(() => socket.emit('connect'));
    return socket;
  };
  return socket;
}
