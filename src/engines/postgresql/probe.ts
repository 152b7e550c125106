import { isDbmakerError } from '../../domain/errors.ts';
import type { Engine } from '../../domain/ports/engine.ts';
import { READY, readinessOf } from '../readiness.ts';
import { ACCESS_LIMIT_MS, ensureAccessIn } from './access.ts';
import { sqlState } from './errors.ts';
import { figuresIn, versionIn } from './figures.ts';
import { LAUNCH_MARK } from './launch.ts';
import { withSession } from './session.ts';

/**
 * While an official image runs initdb and its scripts, a server of its own answers on the same socket and ends before the real one
 * comes. It is told by its port: only there is it given on the command line (never by what launch() starts, which carries our mark).
 */
const IS_SETUP_SERVER = `SELECT current_setting($1, true) IS NOT NULL
  AND EXISTS (SELECT FROM pg_settings WHERE name = 'port' AND source = 'command line') AS setup`;

const TOO_MANY_CONNECTIONS = '53300';

/** A real login (a process and two SCRAM computations: 10-20 ms) and a query. A missing database is no obstacle: ensureAccess makes it. */
export const probe: Engine['probe'] = async (target, { ensureAccess, figures } = {}) => {
  return readinessOf(async () => {
    try {
      return await withSession(target, async (session) => {
        const [row] = await session.rows(IS_SETUP_SERVER, [LAUNCH_MARK]);
        if (row?.['setup'] === 't') return { state: 'starting', message: 'The image is still setting up the new cluster.' };
        if (ensureAccess === undefined) return figures === true ? { state: 'ready', figures: await figuresIn(session) } : READY;
        try {
          await ensureAccessIn(session, target, ensureAccess);
          return { state: 'ready', version: await versionIn(session) };
        } catch {
          return READY; // it is: what is wrong with the access is said by ensureAccess itself, which is called as this was not done
        }
      }, ensureAccess && ACCESS_LIMIT_MS);
    } catch (error) {
      // Its owner uses every connection: it lives, and a restart would cut them all.
      if (isDbmakerError(error, 'runtime_failed') && sqlState(error.cause) === TOO_MANY_CONNECTIONS) return READY;
      throw error;
    }
  });
};
