import type { EngineTarget } from '../../src/domain/ports/engine.ts';
import { info, withSession } from '../../src/engines/redis/session.ts';
import { waitFor } from './wait.ts';

/** Before a kill that loses nothing: Redis keeps back for up to two seconds what it has acknowledged, while a disk is slow to sync. */
export async function handedOver(target: EngineTarget): Promise<void> {
  const looks = (): Promise<boolean> => withSession(target, async (session) => (await info(session, 'persistence')).get('aof_buffer_length') === '0');
  await waitFor(looks, { what: 'what was written to be handed to the disk' });
}
