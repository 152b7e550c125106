import { isDbmakerError, type DbmakerError } from '../domain/errors.ts';
import type { Readiness } from '../domain/ports/engine.ts';
import { unreachable } from './with-connection.ts';

export const READY: Readiness = { state: 'ready' };

/** Runs `ask`; an engine that is not there (yet) is `starting`, every other error is thrown on. */
export async function readinessOf(ask: () => Promise<Readiness>): Promise<Readiness> {
  try {
    return await ask();
  } catch (error) {
    if (isDbmakerError(error, 'endpoint_unreachable')) return { state: 'starting', message: error.userText, answered: answers.has(error) };
    throw error;
  }
}

const answers = new WeakSet<DbmakerError>();

/** It answered, and says that it is not ready: as good as not reached for whoever wants to use it, but a sign of life. */
export function notReady(message: string, cause: unknown): DbmakerError {
  const error = unreachable(message, cause);
  answers.add(error);
  return error;
}
