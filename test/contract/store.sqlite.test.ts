import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStore } from '../../src/store/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { storeUnderTest } from '../support/store.ts';
import { storeContract } from './store.ts';

/** In memory where there is such a place: the hundreds of databases here need no disk. The crash tests beside the code use the real one. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

storeContract('SQLite', async () => {
  const clock = new ManualClock();
  const home = mkdtempSync(path.join(PLACE, 'dbm-store-'));
  return storeUnderTest(clock, () => openStore({ home, databaseUrl: null, clock }), () => rmSync(home, { recursive: true, force: true }));
});
