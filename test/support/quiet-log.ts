import type { Log } from '../../src/domain/ports/log.ts';

/** For tests that look at what happens, not at what is said of it. */
export const quietLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => quietLog };
