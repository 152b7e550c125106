import { isDbmakerError } from '../../domain/errors.ts';
import { passwordContext } from '../../domain/ports/secret-box.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import type { EventDraft, Pass } from './context.ts';

export interface RotationOutcome {
  readonly rotated?: string;
  readonly rotationRefused?: string;
  readonly events: readonly EventDraft[];
}

/**
 * Apply, log in with it, and leave it to the caller to persist in its report (coolify#9347 saved a password that it never applied).
 * The next password is in the store before the first step, so a kill between any two of them ends in the same place: the engine's
 * rotation is idempotent.
 * @param target with the login that works now
 */
export async function rotatePassword(pass: Pass, target: EngineTarget): Promise<RotationOutcome> {
  const { instance, engine } = pass;
  const sealed = instance.secrets.nextPassword;
  if (sealed === null) return { events: [] };
  try {
    await engine.rotatePassword(target, pass.ports.secretBox.open(sealed, passwordContext(instance.id)));
  } catch (error) {
    if (!isDbmakerError(error, 'access_denied') && !isDbmakerError(error, 'unsupported')) throw error;
    const message = `The password was not changed: ${error.userText}`;
    return { rotationRefused: sealed, events: [{ type: 'instance.rotation-failed', message, data: { code: error.code } }] };
  }
  return { rotated: sealed, events: [{ type: 'instance.password-rotated', message: 'The password was changed.', data: {} }] };
}
