import { DbmakerError } from '../../domain/errors.ts';
import { DONE, type Pass, type StepResult } from './context.ts';

/**
 * Deleting is a job with a verified end: container gone, data gone, and only then the row and its port.
 * The row is the last thing to go, so a kill at any point before leaves a row that says `deleting` and is taken up again.
 */
export async function removeInstance(pass: Pass): Promise<StepResult> {
  const { instance, ports } = pass;
  if (instance.status.phase !== 'deleting') {
    await pass.report({ phase: 'deleting', endpoint: null, progress: { step: 'remove', message: 'Removing the database and its data' } });
  }
  await ports.runtime.remove(instance.id);
  const after = await ports.runtime.observe(instance.id);
  if (after.state !== 'absent' || after.dataPresent) {
    throw new DbmakerError('runtime_failed', 'The database could not be removed completely yet; it is tried again.');
  }
  return DONE;
}
