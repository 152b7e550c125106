import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Engine, EngineTarget } from '../../domain/ports/engine.ts';
import { passwordContext } from '../../domain/ports/secret-box.ts';
import type { Pass } from './context.ts';

export type Login =
  | { readonly state: 'ready'; readonly target: EngineTarget; readonly version?: string }
  | { readonly state: 'starting'; readonly message: string }
  /** It answers, but the owner changed the login by hand: it runs, and we say that we cannot look inside. */
  | { readonly state: 'refused'; readonly target: EngineTarget; readonly error: DbmakerError };

/** The login that works: the password on record, or the next one where a rotation was cut off after it had been applied. */
export async function findLogin(pass: Pass, options: Parameters<Engine['probe']>[1]): Promise<Login> {
  const { instance, ports, engine, observation } = pass;
  const target = pass.target(observation);
  try {
    const readiness = await engine.probe(target, options);
    return readiness.state === 'ready' ? { ...readiness, target } : readiness;
  } catch (error) {
    if (!isDbmakerError(error, 'access_denied')) throw error;
    const sealed = instance.secrets.nextPassword;
    if (sealed !== null) {
      const next = pass.target(observation, ports.secretBox.open(sealed, passwordContext(instance.id)));
      try {
        const readiness = await engine.probe(next, options);
        return readiness.state === 'ready' ? { ...readiness, target: next } : readiness;
      } catch (again) {
        if (!isDbmakerError(again, 'access_denied')) throw again;
      }
    }
    // While an official image initialises itself, its login does not exist yet; data of a backup have one, whichever.
    if (!instance.status.provisioned && instance.status.restored !== true) return { state: 'starting', message: error.userText };
    return { state: 'refused', target, error: new DbmakerError('access_denied', 'It runs, but the password was changed inside the database, so DbMaker cannot look into it.', { cause: error }) };
  }
}
