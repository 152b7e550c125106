import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { addUser } from '../../test/support/store.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { signInId } from '../domain/derived-id.ts';
import { openSecretBox, openStore } from '../store/index.ts';
import { InteractionAdapter, SessionAdapter } from './checked-adapters.ts';

test('a session or a login that began before all sign-ins were ended is none, also where it is written down only after that; one that is kept, or of later, is', async () => {
  await using home = await temporaryDirectory('adapter');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const { id: accountId } = await addUser(store);
    const checks = {
      adapter: { oidc: store.signIn.oidc, box: await openSecretBox({ home: home.path, key: null }), clock },
      findUser: (id: string) => store.users.get(id),
      isPasswordHash: async (_id: string, hash: string) => hash === 'hash',
    };
    const [sessions, interactions] = [new SessionAdapter('Session', checks), new InteractionAdapter('Interaction', checks)];
    const put = async (uid: string, loginTs: number): Promise<void> => {
      await sessions.upsert(`of ${uid}`, { uid, accountId, loginTs }, 100);
      await interactions.upsert(uid, { result: { login: { accountId, ts: loginTs }, shown: 'hash' } }, 100);
    };
    const found = async (uid: string): Promise<boolean[]> => [await sessions.find(`of ${uid}`), await sessions.findByUid(uid), await interactions.find(uid)].map((payload) => payload !== undefined);
    const began = clock.now() / 1000;
    await put('before', began);
    assert.deepEqual(await found('before'), [true, true, true]);
    clock.advance(1);
    await store.signIn.sessions.endAll(accountId, { keep: signInId('kept'), tokens: false });
    await put('under way', began);
    await put('kept', began);
    await put('after', clock.now() / 1000);
    assert.deepEqual([await found('before'), await found('under way'), await found('kept'), await found('after')], [[false, false, false], [false, false, false], [true, true, false], [true, true, true]]);
    await sessions.upsert('of nobody yet', { uid: 'nobody yet' }, 100);
    assert.notEqual(await sessions.find('of nobody yet'), undefined);
  } finally {
    await store.close();
  }
});
