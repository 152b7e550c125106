import { DbmakerError } from '../../domain/errors.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { info, pairs, type Session, withSession } from './session.ts';

/** A log of all data is written anew within this, or the stop is put off. */
const LIMIT_MS = 120_000;
const LOOK_MS = 100;

/**
 * An owner may have switched the log off (CONFIG SET appendonly no); what was written since would be gone with the process. Switched on again, Redis
 * writes all data into a new log; what it was launched with says that it reads that one.
 * @see Engine.beforeStop
 */
export async function beforeStop(target: EngineTarget): Promise<void> {
  await withSession(target, async (session) => {
    if (pairs(await session.command('CONFIG', 'GET', 'appendonly')).get('appendonly') === 'yes' && await isWritten(session)) return;
    await session.command('CONFIG', 'SET', 'appendonly', 'yes');
    for (const limit = AbortSignal.timeout(LIMIT_MS); !(await isWritten(session));) {
      if (limit.aborted) throw new DbmakerError('runtime_failed', 'Redis did not write its data to its disk in time.');
      await once(AbortSignal.timeout(LOOK_MS));
    }
  }, LIMIT_MS + 10_000);
}

/** @throws disk_full, runtime_failed: it has tried in vain */
async function isWritten(session: Session): Promise<boolean> {
  const state = await info(session, 'persistence');
  if (state.get('aof_rewrite_in_progress') === '1' || state.get('aof_rewrite_scheduled') === '1') return false;
  if (state.get('aof_last_bgrewrite_status') === 'ok') return true;
  throw new DbmakerError('disk_full', 'Redis could not write its data to its disk; it is not stopped, so that nothing is lost.', { remedy: 'Is the disk full?' });
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
