import { isDbmakerError } from '../../domain/errors.ts';
import type { EngineTarget, Readiness } from '../../domain/ports/engine.ts';
import { READY, readinessOf } from '../readiness.ts';
import { sqlState } from './errors.ts';
import { LAUNCH_MARK } from './launch.ts';
import { withSession } from './session.ts';

/**
 * While an official image runs initdb and its scripts, a server of its own answers on the same socket and ends before the real one
 * comes. It is told by its port: only there is it given on the command line (never by what launch() starts, which carries our mark).
 */
const IS_SETUP_SERVER = `SELECT current_setting($1, true) IS NOT NULL
  AND EXISTS (SELECT FROM pg_settings WHERE name = 'port' AND source = 'command line') AS setup`;

const TOO_MANY_CONNECTIONS = '53300';

/** A real login and a query. A missing database is no obstacle: ensureAccess makes it. */
export async function probe(target: EngineTarget): Promise<Readiness> {
  return readinessOf(async () => {
    try {
      const [row] = await withSession(target, (session) => session.rows(IS_SETUP_SERVER, [LAUNCH_MARK]));
      return row?.['setup'] === 't' ? { state: 'starting', message: 'The image is still setting up the new cluster.' } : READY;
    } catch (error) {
      // Its owner uses every connection: it lives, and a restart would cut them all.
      if (isDbmakerError(error, 'runtime_failed') && sqlState(error.cause) === TOO_MANY_CONNECTIONS) return READY;
      throw error;
    }
  });
}
