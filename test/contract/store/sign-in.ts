import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OidcRecord } from '../../../src/domain/ports/sign-in-store.ts';
import { addUser, failure, nextId } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const HOUR = 3_600_000;

/** Accounts, identities, what the embedded issuer remembers, ended tokens, counted tries. */
export function signInContract(open: OpenStore): void {
  describe('local accounts', () => {
    test('an account is as it was put last; of two changes at once that start from the same one, one is made', async () => {
      await using under = await open();
      const { accounts } = under.store.signIn;
      const { id: userId } = await addUser(under.store);
      assert.equal(await accounts.get(userId), null);
      assert.equal(await accounts.put({ userId, passwordHash: 'one', mustChange: true }, null), true);
      assert.equal(await accounts.put({ userId, passwordHash: 'other', mustChange: true }, null), false);
      assert.deepEqual(await accounts.get(userId), { userId, passwordHash: 'one', mustChange: true, changedAt: under.clock.now() });
      under.clock.advance(1);
      const others = (await under.another()).signIn.accounts;
      const done = await Promise.all([accounts, others].map((at, index) => at.put({ userId, passwordHash: `two ${String(index)}`, mustChange: false }, 'one')));
      assert.deepEqual(done.sort(), [false, true]);
      assert.equal(await accounts.put({ userId, passwordHash: 'three', mustChange: true }), true);
      assert.deepEqual(await accounts.get(userId), { userId, passwordHash: 'three', mustChange: true, changedAt: under.clock.now() });
    });
  });

  describe('identities', () => {
    const user = (username: string) => ({ id: nextId(), username, displayName: 'Ann', email: null, role: 'user', quota: { instances: 1, memoryBytes: 1, cpus: 1, backupBytes: 1 } }) as const;

    test('a person of an issuer becomes one user, also when they come twenty times at once', async () => {
      await using under = await open();
      const both = [under.store, await under.another()];
      const identity = { issuer: 'https://issuer.example', subject: "s'; --" };
      assert.equal(await under.store.signIn.identities.find(identity), null);
      const made = await Promise.all(Array.from({ length: 20 }, (_, index) => both[index % 2]!.signIn.identities.create(identity, user('ann'))));
      assert.equal(new Set(made.map(({ id }) => id)).size, 1);
      assert.deepEqual(await under.store.signIn.identities.find(identity), made[0]);
      assert.deepEqual(await under.store.users.get(made[0]!.id), made[0]);
    });

    test('the same subject at another issuer is somebody else; a name that is taken makes nothing', async () => {
      await using under = await open();
      const { identities } = under.store.signIn;
      const ann = await identities.create({ issuer: 'https://a', subject: '1' }, user('ann'));
      await failure(identities.create({ issuer: 'https://b', subject: '1' }, user('ann')), 'name_taken');
      assert.equal(await identities.find({ issuer: 'https://b', subject: '1' }), null);
      const other = await identities.create({ issuer: 'https://b', subject: '1' }, user('ann-2'));
      assert.notEqual(other.id, ann.id);
    });
  });

  describe('records of the issuer', () => {
    const record = (change: Partial<Omit<OidcRecord, 'consumedAt'>>) => ({ model: 'RefreshToken', id: 'r', payload: 'sealed', grantId: null, uid: null, sessionUid: null, accountId: null, expiresAt: null, ...change });

    test('a record is as it was put last, until it expires', async () => {
      await using under = await open();
      const { oidc } = under.store.signIn;
      await oidc.put(record({ expiresAt: under.clock.now() + 10 }));
      await oidc.put(record({ model: 'Session', uid: 'u' }));
      assert.equal((await oidc.get('RefreshToken', 'r'))?.payload, 'sealed');
      await oidc.put(record({ payload: 'other', expiresAt: under.clock.now() + 10 }));
      assert.equal((await oidc.get('RefreshToken', 'r'))?.payload, 'other');
      assert.equal((await oidc.getByUid('Session', 'u'))?.id, 'r');
      assert.equal(await oidc.getByUid('RefreshToken', 'u'), null);
      under.clock.advance(10);
      assert.equal(await oidc.get('RefreshToken', 'r'), null);
      assert.equal(await under.store.signIn.forgetExpired(), 1);
      assert.equal((await oidc.get('Session', 'r'))?.model, 'Session');
      await oidc.delete('Session', 'r');
      assert.equal(await oidc.get('Session', 'r'), null);
    });

    test('a record is used once, also when ten use it at once', async () => {
      await using under = await open();
      const both = [under.store, await under.another()];
      await under.store.signIn.oidc.put(record({}));
      const used = await Promise.all(Array.from({ length: 10 }, (_, index) => both[index % 2]!.signIn.oidc.consume('RefreshToken', 'r')));
      assert.equal(used.filter(Boolean).length, 1);
      assert.equal((await under.store.signIn.oidc.get('RefreshToken', 'r'))?.consumedAt, under.clock.now());
      assert.equal(await under.store.signIn.oidc.consume('RefreshToken', 'none'), false);
    });

    test('a grant, and a session, takes with it what was given out under it, and nothing else', async () => {
      await using under = await open();
      const { oidc } = under.store.signIn;
      await oidc.put(record({ model: 'Session', id: 's1', uid: 'u1', accountId: 'ann' }));
      await oidc.put(record({ model: 'Session', id: 's2', uid: 'u2', accountId: 'ann' }));
      await oidc.put(record({ model: 'Session', id: 's3', uid: 'u3', accountId: 'bob' }));
      await oidc.put(record({ id: 'r1', sessionUid: 'u1', grantId: 'g1', accountId: 'ann' }));
      await oidc.put(record({ id: 'r2', sessionUid: 'u2', grantId: 'g2', accountId: 'ann' }));
      assert.deepEqual((await oidc.sessionsOf('ann')).sort(), ['u1', 'u2']);
      await oidc.deleteSession('u1');
      assert.deepEqual(await Promise.all([oidc.get('Session', 's1'), oidc.get('RefreshToken', 'r1')]), [null, null]);
      await oidc.deleteOfGrant('g2');
      assert.equal(await oidc.get('RefreshToken', 'r2'), null);
      assert.deepEqual([await oidc.sessionsOf('ann'), await oidc.sessionsOf('bob')], [['u2'], ['u3']]);
    });

    test('a session that was ended is not brought back by a request that had read it before', async () => {
      await using under = await open();
      const { oidc } = under.store.signIn;
      const session = record({ model: 'Session', id: 's1', uid: 'u1', accountId: 'ann' });
      await oidc.put(session);
      await oidc.deleteSession('u1');
      await oidc.put(session); // as oidc-provider does at the end of each request
      await oidc.put({ ...session, id: 's1-under-another-id' });
      await oidc.put(record({ id: 'r1', sessionUid: 'u1' }));
      assert.deepEqual([await oidc.sessionsOf('ann'), await oidc.getByUid('Session', 'u1'), await oidc.get('RefreshToken', 'r1')], [[], null, null]);
      await oidc.put({ ...session, id: 's2', uid: 'u2' });
      assert.deepEqual(await oidc.sessionsOf('ann'), ['u2']);
      under.clock.advance(HOUR);
      assert.equal(await under.store.signIn.forgetExpired(), 1);
    });
  });

  describe('ended tokens', () => {
    test('one is listed until it would have expired, and never shorter than was said first', async () => {
      await using under = await open();
      const { endedTokens } = under.store.signIn;
      const end = under.clock.now() + HOUR;
      await endedTokens.add('a', end);
      await endedTokens.add('a', end - 10);
      assert.deepEqual([await endedTokens.hasAny(['b', 'a']), await endedTokens.hasAny(['b']), await endedTokens.hasAny([])], [true, false, false]);
      under.clock.advance(HOUR - 1);
      assert.equal(await endedTokens.hasAny(['a']), true);
      under.clock.advance(1);
      assert.equal(await endedTokens.hasAny(['a']), false);
      assert.equal(await under.store.signIn.forgetExpired(), 1);
    });
  });

  describe('counted tries', () => {
    test('so many tries are let through within a window, also when fifty come at once, and again in the next one', async () => {
      await using under = await open();
      const both = [under.store, await under.another()];
      const began = under.clock.now();
      const results = await Promise.all(Array.from({ length: 50 }, (_, index) => both[index % 2]!.signIn.attempts.take([{ key: 'b', most: 100 }, { key: 'a', most: 7 }], HOUR)));
      assert.equal(results.filter((until) => until === null).length, 7);
      assert.ok(results.every((until) => until === null || until === began + HOUR));
      under.clock.advance(HOUR - 1);
      assert.equal(await under.store.signIn.attempts.take([{ key: 'a', most: 7 }], HOUR), began + HOUR);
      under.clock.advance(1);
      assert.equal(await under.store.signIn.attempts.take([{ key: 'a', most: 7 }], HOUR), null);
    });

    test('a try that is given back, or a key that is cleared, does not count; what was refused did not either', async () => {
      await using under = await open();
      const { attempts } = under.store.signIn;
      const limits = [{ key: 'a', most: 1 }, { key: 'b', most: 2 }];
      assert.equal(await attempts.take(limits, HOUR), null);
      await attempts.giveBack(['a', 'b']);
      assert.equal(await attempts.take(limits, HOUR), null);
      for (let count = 0; count < 5; count += 1) assert.notEqual(await attempts.take(limits, HOUR), null);
      await attempts.clear('a');
      assert.equal(await attempts.take(limits, HOUR), null, 'b has one of two');
    });

    test('a window that ends further ahead than one can be is of a clock that was wrong', async () => {
      await using under = await open();
      const { attempts } = under.store.signIn;
      under.clock.advance(1000 * HOUR);
      await attempts.take([{ key: 'a', most: 1 }], HOUR);
      under.clock.advance(-1000 * HOUR);
      assert.equal(await attempts.take([{ key: 'a', most: 1 }], HOUR), null);
    });
  });

  describe('sessions', () => {
    test('a token goes on with another end and other scopes', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const token = await under.store.tokens.create({ id: 't1', userId: user.id, name: 'a', scopes: ['read', 'write'], expiresAt: 1 }, 'ab'.repeat(32));
      assert.equal(await under.store.tokens.renew('t1', { name: 'b', scopes: ['read'], expiresAt: 2 }), true);
      assert.deepEqual((await under.store.tokens.findByHash('ab'.repeat(32)))?.token, { ...token, name: 'b', scopes: ['read'], expiresAt: 2 });
      assert.equal(await under.store.tokens.renew('t2', { name: 'b', scopes: ['read'], expiresAt: 2 }), false);
    });

    test('what somebody uses of their quota is the sum of what is not being deleted', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      assert.deepEqual(await under.store.users.usage(user.id), { instances: 0, memoryBytes: 0, cpus: 0 });
    });
  });
}
