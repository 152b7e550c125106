import { deadline } from '../../domain/deadline.ts';
import { DbmakerError } from '../../domain/errors.ts';
import { pause } from '../../domain/pause.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { info, pairs, type Session, withSession } from './session.ts';

/** A log of all data is written anew within this, or the stop is put off. */
const LIMIT_MS = 120_000;
const LOOK_MS = 100;

/**
 * An owner may have switched the log off (CONFIG SET appendonly no); what was written since would be gone with the process. Switched on again, Redis
 * writes all data into a new log; what it was launched with says that it reads that one.
 *
 * A log that was never off is complete, also after a rewrite that failed: Redis goes on with what it had. One that was off is complete with the first
 * rewrite that succeeds; after one that fails Redis keeps another scheduled, but begins it later each time (up to an hour), so it is asked for here.
 * @see Engine.beforeStop
 * @see https://github.com/redis/redis/blob/7.0/src/aof.c startAppendOnly, backgroundRewriteDoneHandler, aofRewriteLimited
 */
export async function beforeStop(target: EngineTarget): Promise<void> {
  await withSession(target, async (session) => {
    let asked = pairs(await session.command('CONFIG', 'GET', 'appendonly')).get('appendonly') !== 'yes';
    if (asked) await session.command('CONFIG', 'SET', 'appendonly', 'yes');
    using limit = deadline(target.clock, LIMIT_MS);
    for (;;) {
      const log = await look(session);
      if (log === 'complete') return;
      if (log === 'rewrite failed') {
        if (asked) throw diskFull();
        asked = true;
        await session.command('BGREWRITEAOF');
      }
      if (limit.passed) throw new DbmakerError('runtime_failed', 'Redis did not write its data to its disk in time.');
      await pause(target.clock, LOOK_MS);
    }
  }, LIMIT_MS + 10_000);
}

/** @throws disk_full: what clients were told is written is not */
async function look(session: Session): Promise<'complete' | 'being written' | 'rewrite failed'> {
  const state = await info(session, 'persistence');
  const [running, scheduled, child] = ['aof_rewrite_in_progress', 'aof_rewrite_scheduled', 'rdb_bgsave_in_progress'].map((field) => state.get(field) === '1');
  if (state.get('aof_last_write_status') === 'err') throw diskFull();
  if (!running && !scheduled) return 'complete';
  return running || child || state.get('aof_last_bgrewrite_status') === 'ok' ? 'being written' : 'rewrite failed';
}

function diskFull(): DbmakerError {
  return new DbmakerError('disk_full', 'Redis could not write its data to its disk; it is not stopped, so that nothing is lost.', { remedy: 'Is the disk full?' });
}
