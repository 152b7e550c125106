import { after, before } from 'node:test';
import pg from 'pg';
import { openStore } from '../../src/store/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { storeUnderTest } from '../support/store.ts';
import { storeContract } from './store.ts';

let postgres: TestPostgres | undefined;
let admin: pg.Client | undefined;
let count = 0;

before(async () => {
  postgres = await startPostgres();
  admin = new pg.Client(postgres.url);
  await admin.connect();
});
after(async () => {
  await admin?.end();
  await postgres?.dispose();
});

storeContract('PostgreSQL', async () => {
  // A schema each: making a database takes a hundred times as long.
  count += 1;
  const schema = `test_${count}`;
  await admin!.query(`create schema ${schema}`);
  const databaseUrl = `${postgres!.url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
  const clock = new ManualClock();
  return storeUnderTest(clock, () => openStore({ home: '/nonexistent', databaseUrl, clock }), () => undefined);
});
