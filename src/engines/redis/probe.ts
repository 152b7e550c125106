import { isDbmakerError } from '../../domain/errors.ts';
import type { Engine } from '../../domain/ports/engine.ts';
import { READY, readinessOf } from '../readiness.ts';
import { figuresIn } from './figures.ts';
import { withSession } from './session.ts';

/** It lives, and only its owner's use of it keeps it from answering: a restart would help nobody. */
const ALIVE = /^(BUSY|ERR max number of clients reached)\b/;

/** A real login and PING. */
export const probe: Engine['probe'] = (target, { figures } = {}) => {
  return readinessOf(async () => {
    try {
      if (figures === true) return { state: 'ready', figures: await withSession(target, figuresIn) };
      await withSession(target, (session) => session.command('PING'));
    } catch (error) {
      const busy = isDbmakerError(error, 'runtime_failed') && error.cause instanceof Error && ALIVE.test(error.cause.message);
      if (!busy) throw error;
    }
    return READY;
  });
};
