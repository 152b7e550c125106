import { isDbmakerError } from '../domain/errors.ts';
import type { EngineTarget } from '../domain/ports/engine.ts';

/** Does `work` with the login that is let in. @throws access_denied when neither is, or what `work` throws */
export async function withEither(first: EngineTarget, second: EngineTarget, work: (target: EngineTarget) => Promise<void>): Promise<void> {
  try {
    await work(first);
  } catch (error) {
    if (!isDbmakerError(error, 'access_denied')) throw error;
    await work(second);
  }
}
