import { type BackedUpLogin, backupPasswordContext } from '../../domain/backup/backup.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { passwordContext } from '../../domain/ports/secret-box.ts';
import type { Pass } from '../reconciler/context.ts';

/**
 * The passwords that go with a backup. A change of the password may have been cut off at any point: `target`, a login that works, says which one the
 * data have; null: it is not known, and whoever restores them finds out by both.
 */
export function sealedLogin(pass: Pass, backupId: string, target: Pick<EngineTarget, 'password'> | null): BackedUpLogin {
  const { instance, ports } = pass;
  const seal = (plain: string): string => ports.secretBox.seal(plain, backupPasswordContext(backupId));
  const { nextPassword } = instance.secrets;
  const next = nextPassword === null ? null : ports.secretBox.open(nextPassword, passwordContext(instance.id));
  const current = target?.password ?? pass.password();
  return { password: seal(current), nextPassword: next === null || next === current ? null : seal(next) };
}
