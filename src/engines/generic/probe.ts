import { once } from 'node:events';
import { pause } from '../../domain/pause.ts';
import type { EngineTarget, Readiness } from '../../domain/ports/engine.ts';
import { READY, readinessOf } from '../readiness.ts';
import { unreachable, withConnection } from '../with-connection.ts';

const LIMIT_MS = 5_000;
/** Docker's port proxy accepts a connection before it finds that nobody listens behind it, and then closes it at once. */
const STAYS_OPEN_MS = 150;

/** A connection that is accepted and either greeted or not closed at once. */
export async function probe(target: EngineTarget): Promise<Readiness> {
  return readinessOf(() => withConnection(target, LIMIT_MS, async (socket) => {
    if (socket.destroyed) throw unreachable('It closes the connection at once.');
    const settled = new AbortController();
    const { signal } = settled;
    try {
      const verdict = await Promise.race([
        once(socket, 'data', { signal }).then(() => 'open'),
        pause(target.clock, STAYS_OPEN_MS, signal).then(() => 'open'),
        once(socket, 'end', { signal }).then(() => 'closed'),
        once(socket, 'close', { signal }).then(() => 'closed'),
      ]);
      if (verdict === 'closed') throw unreachable('It closes the connection at once.');
      return READY;
    } finally {
      settled.abort();
    }
  }));
}
