import { once } from 'node:events';
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
    const patience = AbortSignal.timeout(STAYS_OPEN_MS);
    try {
      const verdict = await Promise.race([
        once(socket, 'data', { signal }).then(() => 'open'),
        once(patience, 'abort', { signal }).then(() => 'open'),
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
