import { isDbmakerError } from '../../domain/errors.ts';
import type { EngineTarget, Readiness } from '../../domain/ports/engine.ts';
import { READY, readinessOf } from '../readiness.ts';
import { withSession } from './session.ts';

/** It lives, and only its owner's use of it keeps it from answering: a restart would help nobody. */
const ALIVE = /^(BUSY|ERR max number of clients reached)\b/;

/** A real login and PING. */
export async function probe(target: EngineTarget): Promise<Readiness> {
  return readinessOf(async () => {
    try {
      await withSession(target, (session) => session.command('PING'));
    } catch (error) {
      const busy = isDbmakerError(error, 'runtime_failed') && error.cause instanceof Error && ALIVE.test(error.cause.message);
      if (!busy) throw error;
    }
    return READY;
  });
}
