import { after, before } from 'node:test';
import { openStore } from '../../src/store/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { storeUnderTest } from '../support/store.ts';
import { storeContract } from './store.ts';

let postgres: TestPostgres | undefined;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres?.dispose());

storeContract('PostgreSQL', async () => {
  const clock = new ManualClock();
  const databaseUrl = await postgres!.createDatabase();
  return storeUnderTest(clock, () => openStore({ home: '/nonexistent', databaseUrl, clock }), () => undefined);
});
