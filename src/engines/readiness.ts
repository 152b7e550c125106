import { isDbmakerError } from '../domain/errors.ts';
import type { Readiness } from '../domain/ports/engine.ts';

export const READY: Readiness = { state: 'ready' };

/** Runs `ask`; an engine that is not there (yet) is `starting`, every other error is thrown on. */
export async function readinessOf(ask: () => Promise<Readiness>): Promise<Readiness> {
  try {
    return await ask();
  } catch (error) {
    if (isDbmakerError(error, 'endpoint_unreachable')) return { state: 'starting', message: error.userText };
    throw error;
  }
}
