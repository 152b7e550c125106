import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { failure } from '../../test/support/store.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { openStore } from '../store/index.ts';
import { Accounts } from './accounts.ts';

test('failed logins from anywhere in a /64 of IPv6 count as from one address', async () => {
  await using home = await temporaryDirectory('accounts');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const accounts = new Accounts(store, () => clock.now());
    for (let n = 0; n < 10; n += 1) await failure(accounts.login('ann', 'wrong', `2001:db8::${String(n)}`), 'unauthenticated');
    await failure(accounts.login('ann', 'wrong', '2001:db8::ffff:0:1'), 'rate_limited');
    await failure(accounts.login('ann', 'wrong', '2001:db8:0:1::1'), 'unauthenticated');
    await failure(accounts.login('bob', 'wrong', '2001:db8::1'), 'unauthenticated');
  } finally {
    await store.close();
  }
});
