import { DbmakerError, asDbmakerError } from '../../domain/errors.ts';
import { timeLeft } from '../../domain/time-left.ts';
import { finalBackup } from '../backup/final-backup.ts';
import { keepsNothing } from '../../domain/instance/keeps-nothing.ts';
import { DONE, again, type Pass, type StepResult } from './context.ts';
import { recordFailure } from './failure.ts';

/**
 * Deleting is a job with a verified end: a final backup where one is wanted, container gone, data gone, and only then the row and its port.
 * The row is the last thing to go, so a kill at any point before leaves a row that says `deleting` and is taken up again.
 */
export async function removeInstance(pass: Pass): Promise<StepResult> {
  const { instance, ports } = pass;
  const wantsBackup = instance.spec.finalBackup === true && keepsNothing(instance) === null;
  if (instance.status.phase !== 'deleting') {
    const progress = wantsBackup ? { step: 'backup', message: 'Preparing its final backup' } : { step: 'remove', message: 'Removing the database and its data' };
    await pass.report({ phase: 'deleting', endpoint: null, progress, ...(wantsBackup ? BEGUN : {}) });
    if (wantsBackup) return again(0);
  }
  if (wantsBackup) {
    const rest = restLeft(pass);
    if (rest > 0) return again(rest);
    const unfinished = await backUp(pass);
    if (unfinished !== null) return unfinished;
    await pass.report({ progress: { step: 'remove', message: 'Removing the database and its data' } }); // and a look whether the lease is still ours
  }
  await ports.runtime.remove(instance.id);
  const after = await ports.runtime.observe(instance.id);
  if (after.state !== 'absent' || after.dataPresent) {
    throw new DbmakerError('runtime_failed', 'The database could not be removed completely yet; it is tried again.');
  }
  return DONE;
}

/** What runs now is not what we start for the backup. */
const BEGUN = { startedAt: null, reason: null, attempts: 0, nextTryAt: null } as const;

/** null: nothing is in the way of the removal any more. */
async function backUp(pass: Pass): Promise<StepResult | null> {
  try {
    return await finalBackup(pass);
  } catch (thrown) {
    const error = asDbmakerError(thrown, 'backup_failed', 'Something unexpected went wrong inside DbMaker.');
    if (error.code === 'cancelled') throw error;
    const told = new DbmakerError(error.code, `Nothing was removed, as the final backup failed: ${error.userText}`, { cause: thrown, ...(error.remedy === undefined ? {} : { remedy: error.remedy }) });
    return recordFailure(pass, told, 'instance.backup-failed');
  }
}

/** A failure has put off the next try; only a person's change cuts that short. */
function restLeft({ instance: { spec, status }, ports }: Pass): number {
  return spec.generation > status.observedGeneration ? 0 : timeLeft(status.nextTryAt, ports.clock.now());
}
