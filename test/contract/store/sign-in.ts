import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DbmakerError } from '../../../src/domain/errors.ts';
import type { Began, NewSession, OidcRecord } from '../../../src/domain/ports/sign-in-store.ts';
import type { User } from '../../../src/domain/user/user.ts';
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

  describe('local accounts and sign-ins', () => {
    test('another password ends what it is to end in the same step, and nothing where it was changed meanwhile', async () => {
      await using under = await open();
      const { users, tokens, signIn: { accounts } } = under.store;
      const { id: userId } = await addUser(under.store);
      await accounts.put({ userId, passwordHash: 'one', mustChange: false }, null);
      const token = await tokens.create({ id: nextId(), userId, name: 'x', scopes: ['read'], expiresAt: null }, nextId());
      const all = { keep: null, tokens: true };
      assert.equal(await accounts.put({ userId, passwordHash: 'three', mustChange: false }, 'two', all), false);
      assert.deepEqual([(await users.get(userId))?.signInsEnded, (await tokens.listByUser(userId)).length], [null, 1]);
      assert.equal(await accounts.put({ userId, passwordHash: 'two', mustChange: false }, 'one', { keep: token.id, tokens: false }), true);
      assert.deepEqual([(await users.get(userId))?.signInsEnded, (await tokens.listByUser(userId)).length], [{ at: under.clock.now(), kept: token.id }, 1]);
      assert.equal(await accounts.put({ userId, passwordHash: 'three', mustChange: true }, undefined, all), true);
      assert.deepEqual([(await users.get(userId))?.signInsEnded, await tokens.listByUser(userId)], [{ at: under.clock.now(), kept: null }, []]);
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

    test('what an issuer told earlier changes nothing that it told later, whatever comes first', async () => {
      await using under = await open();
      const { identities } = under.store.signIn;
      const identity = { issuer: 'https://a', subject: '1' };
      await failure(identities.bring(identity, {}, 0), 'not_found');
      const ann = await identities.create(identity, user('ann'));
      const now = under.clock.now();
      assert.deepEqual(await identities.bring(identity, { role: 'admin', email: 'a@x' }, now - 10), { ...ann, role: 'admin', email: 'a@x' }, 'there was no admin, so nobody is the last one');
      assert.equal((await identities.bring(identity, { role: 'user' }, now - 5)).role, 'user', 'also the last admin');
      assert.deepEqual(await identities.bring(identity, { role: 'admin', displayName: 'Old', email: 'old@x' }, now - 6), { ...ann, email: 'a@x' });
      assert.equal((await identities.bring(identity, { displayName: 'Same' }, now - 5)).displayName, 'Same', 'of the same second');
      await identities.bring(identity, {}, now - 1);
      assert.equal((await identities.bring(identity, { displayName: 'Old' }, now - 2)).displayName, 'Same', 'also where the later one changed nothing');
      await identities.bring(identity, { displayName: 'Ahead' }, now + 1_000_000);
      under.clock.advance(1);
      assert.equal((await identities.bring(identity, { displayName: 'Now' }, now + 1)).displayName, 'Now', 'a clock that was ahead there');
      const stores = [under.store, await under.another()];
      under.clock.advance(1000);
      await Promise.all(Array.from({ length: 20 }, (_, index) => stores[index % 2]!.signIn.identities.bring(identity, { displayName: `told ${String((index * 7) % 20)}` }, now + 100 + ((index * 7) % 20))));
      assert.equal((await under.store.users.get(ann.id))?.displayName, 'told 19');
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
    const HASH = { one: '1'.repeat(64), two: '2'.repeat(64) };
    const session = (user: User, change: Partial<NewSession> = {}): NewSession => ({ id: nextId(), userId: user.id, scopes: ['read'], expiresAt: 10 ** 15, beganWith: 'sign-in', secretHash: nextId(), ...change });
    const NEW = { most: 10, goesOn: null };
    const signedIn = (beganAt: number, ...endedAs: string[]): Began => ({ kind: 'sign-in', beganAt, endedAs });

    test('one goes on with another end, other scopes and another sign-in, unless it has expired or is of somebody else', async () => {
      await using under = await open();
      const { sessions } = under.store.signIn;
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const now = under.clock.now();
      const first = await sessions.begin(session(ada, { secretHash: HASH.one, expiresAt: now + 10 }), signedIn(now), NEW);
      const { token } = (await under.store.tokens.findByHash(HASH.one))!;
      assert.deepEqual([first, token.name, token.beganWith, token.scopes, token.expiresAt], [{ id: token.id, goesOn: false }, 'browser session of sign-in', 'sign-in', ['read'], now + 10]);
      const next = session(ada, { beganWith: 'next', scopes: ['read', 'write'], expiresAt: now + 20 });
      assert.deepEqual(await sessions.begin(next, signedIn(now), { most: 10, goesOn: HASH.one }), { id: token.id, goesOn: true });
      assert.deepEqual((await under.store.tokens.findByHash(HASH.one))?.token, { ...token, name: 'browser session of next', beganWith: 'next', scopes: ['read', 'write'], expiresAt: now + 20 });
      assert.equal((await sessions.begin(session(eve), signedIn(now), { most: 10, goesOn: HASH.one }))?.goesOn, false);
      const api = await under.store.tokens.create({ id: nextId(), userId: ada.id, name: 'a', scopes: ['read'], expiresAt: null }, HASH.two);
      assert.equal((await sessions.begin(session(ada), signedIn(now), { most: 10, goesOn: HASH.two }))?.goesOn, false, 'an API token is no session');
      assert.deepEqual((await under.store.tokens.findByHash(HASH.two))?.token, api);
      under.clock.advance(20);
      assert.equal((await sessions.begin(session(ada), signedIn(now), { most: 10, goesOn: HASH.one }))?.goesOn, false);
    });

    test('the oldest go when there are too many, and those that have expired', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      await under.store.tokens.create({ id: nextId(), userId: user.id, name: 'a', scopes: ['read'], expiresAt: null }, HASH.one);
      const made: string[] = [];
      for (let count = 0; count < 5; count += 1) {
        made.push((await under.store.signIn.sessions.begin(session(user, count === 3 ? { expiresAt: under.clock.now() + 1 } : {}), signedIn(under.clock.now()), { most: 3, goesOn: null }))!.id);
        under.clock.advance(1);
      }
      const left = (await under.store.tokens.listByUser(user.id)).filter(({ beganWith }) => beganWith !== null).map(({ id }) => id);
      assert.deepEqual(left, [made[2], made[4]]);
    });

    test('none begins with what is good for nothing: an ended token or sign-in, a revoked token, one of somebody who is disabled', async () => {
      await using under = await open();
      const { sessions, endedTokens } = under.store.signIn;
      const user = await addUser(under.store);
      const now = under.clock.now();
      await endedTokens.add('ended', now + 10);
      assert.equal(await sessions.begin(session(user), signedIn(now, 'x', 'ended'), NEW), null);
      const token = await under.store.tokens.create({ id: nextId(), userId: user.id, name: 'a', scopes: ['read'], expiresAt: null }, HASH.one);
      const withToken = session(user, { beganWith: token.id, secretHash: HASH.two });
      assert.notEqual(await sessions.begin(withToken, { kind: 'token' }, NEW), null);
      assert.equal(await under.store.tokens.delete(user.id, token.id), true);
      assert.equal(await under.store.tokens.findByHash(HASH.two), null, 'it goes with its token');
      assert.equal(await sessions.begin(withToken, { kind: 'token' }, NEW), null);
      await sessions.endAll(user.id, { keep: 'kept', tokens: false });
      assert.equal(await sessions.begin(session(user), signedIn(now - 1), NEW), null);
      assert.notEqual(await sessions.begin(session(user, { beganWith: 'kept' }), signedIn(now - 1), NEW), null);
      assert.notEqual(await sessions.begin(session(user), signedIn(now), NEW), null);
      await under.store.users.update(user.id, { disabled: true });
      assert.equal(await sessions.begin(session(user), signedIn(now), NEW), null);
    });

    test('all end but the one that is kept, API tokens only if that is wanted, and others\' never', async () => {
      await using under = await open();
      const { sessions } = under.store.signIn;
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const now = under.clock.now();
      const begin = async (user: User, beganWith: string) => (await sessions.begin(session(user, { beganWith }), signedIn(now), NEW))!.id;
      const [kept, , ofEve] = [await begin(ada, 'kept'), await begin(ada, 'other'), await begin(eve, 'other')];
      const token = await under.store.tokens.create({ id: nextId(), userId: ada.id, name: 'a', scopes: ['read'], expiresAt: null }, HASH.one);
      const idsOf = async ({ id: userId }: User): Promise<string[]> => (await under.store.tokens.listByUser(userId)).map(({ id }) => id).sort();
      under.clock.advance(5);
      await sessions.endAll(ada.id, { keep: 'kept', tokens: false });
      assert.deepEqual([await idsOf(ada), await idsOf(eve)], [[kept, token.id].sort(), [ofEve]]);
      assert.deepEqual((await under.store.users.get(ada.id))?.signInsEnded, { at: now + 5, kept: 'kept' });
      await begin(ada, 'kept');
      await sessions.endOf(ada.id, 'kept');
      assert.deepEqual(await idsOf(ada), [token.id]);
      await begin(ada, 'kept');
      await sessions.endAll(ada.id, { keep: null, tokens: true });
      assert.deepEqual([await idsOf(ada), await idsOf(eve)], [[], [ofEve]]);
    });

    test('no API token is made with what is ended or revoked at the same time', async () => {
      await using under = await open();
      const stores = [under.store, await under.another()];
      const user = await addUser(under.store);
      const token = (beganWith: string, began: Began, store = under.store) => store.tokens.create({ id: nextId(), userId: user.id, name: 'x', scopes: ['read'], expiresAt: null }, nextId(), { by: { userId: user.id, beganWith, began }, most: 1000 });
      const first = await token('sign-in', signedIn(under.clock.now()));
      const second = await token(first.id, { kind: 'token' });
      await failure(token('nothing', { kind: 'token' }), 'unauthenticated');
      await under.store.tokens.delete(user.id, first.id);
      await failure(token(first.id, { kind: 'token' }), 'unauthenticated');
      const began = under.clock.now() - 1;
      for (let round = 0; round < 10; round += 1) {
        const made = Promise.allSettled(Array.from({ length: 6 }, (_, index) => token(index % 3 === 0 ? second.id : 'sign-in', index % 3 === 0 ? { kind: 'token' } : signedIn(began), stores[index % 2])));
        await Promise.all([made, stores[round % 2]!.signIn.sessions.endAll(user.id, { keep: null, tokens: true })]);
        assert.deepEqual(await under.store.tokens.listByUser(user.id), [], `round ${String(round)}`);
      }
    });

    test('of API tokens that are made at once there are never more than a person may have; sessions do not count', async () => {
      await using under = await open();
      const stores = [under.store, await under.another()];
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      const now = under.clock.now();
      for (let count = 0; count < 5; count += 1) await under.store.signIn.sessions.begin(session(ada), signedIn(now), { most: 5, goesOn: null });
      const make = (owner: User, by: User, index: number) => stores[index % 2]!.tokens.create({ id: nextId(), userId: owner.id, name: 'x', scopes: ['read'], expiresAt: null }, nextId(),
        { by: { userId: by.id, beganWith: 'sign-in', began: signedIn(now) }, most: 4 });
      // Also by each for the other, as admins do: neither waits for the other for good.
      const made = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => (index % 4 < 2 ? make(ada, index % 8 < 4 ? ada : eve, index) : make(eve, ada, index))));
      for (const { id } of [ada, eve]) assert.equal((await under.store.tokens.listByUser(id)).filter(({ beganWith }) => beganWith === null).length, 4);
      assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 8);
      const codes = made.flatMap((one) => (one.status === 'rejected' ? [(one.reason as DbmakerError).code] : []));
      assert.deepEqual([...new Set(codes)], ['quota_exceeded']);
      await failure(make(ada, ada, 0), 'quota_exceeded');
      await under.store.tokens.delete(ada.id, (await under.store.tokens.listByUser(ada.id)).find(({ beganWith }) => beganWith === null)!.id);
      await make(ada, ada, 0);
    });

    test('whatever order logins and the end of all sign-ins come in, no session of before is left', async () => {
      await using under = await open();
      const stores = [under.store, await under.another()];
      const user = await addUser(under.store);
      const began = under.clock.now() - 1;
      for (let round = 0; round < 10; round += 1) {
        const logins = Array.from({ length: 6 }, (_, index) => stores[index % 2]!.signIn.sessions.begin(session(user), signedIn(began), NEW));
        const ending = stores[round % 2]!.signIn.sessions.endAll(user.id, { keep: null, tokens: false });
        await Promise.all([...logins, ending]);
        assert.deepEqual(await under.store.tokens.listByUser(user.id), [], `round ${String(round)}`);
      }
    });

    test('what somebody uses of their quota is the sum of what is not being deleted', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      assert.deepEqual(await under.store.users.usage(user.id), { instances: 0, memoryBytes: 0, cpus: 0 });
    });
  });
}
