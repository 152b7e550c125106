import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDbmakerError } from '../../../src/domain/errors.ts';
import { addBackup, addInstance, addUser, failure, nextId, type StoreUnderTest } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

/** Users, tokens, idempotency keys, settings, heartbeats. */
export function accountContract(open: OpenStore): void {
  describe('users', () => {
    test('a user is found by id and by username as it was made', async () => {
      await using under = await open();
      const { users } = under.store;
      const user = { id: 'u1', username: 'ada', displayName: "Ada '; drop table users; -- 🐘", email: 'ada@example.com', role: 'admin', quota: { instances: 3, memoryBytes: 2 ** 40, cpus: 1.5, backupBytes: 2 ** 40 } } as const;
      const made = { ...user, disabled: false, signInsEnded: null, lastSeenAt: null, createdAt: under.clock.now() };
      assert.deepEqual(await users.create(user), made);
      assert.deepEqual(await users.get('u1'), made);
      assert.deepEqual(await users.getByUsername('ada'), made);
      assert.equal(await users.get('u2'), null);
      assert.equal(await users.getByUsername('eve'), null);
    });

    test('a username is given once, also when two ask at once', async () => {
      await using under = await open();
      const user = { username: 'ada', displayName: 'Ada', email: null, role: 'user', quota: { instances: 1, memoryBytes: 1, cpus: 1, backupBytes: 2 ** 40 } } as const;
      const others = await under.another();
      const results = await Promise.allSettled([under.store, others].map((store) => store.users.create({ ...user, id: nextId() })));
      assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected']);
      await failure(under.store.users.create({ ...user, id: nextId() }), 'name_taken');
    });

    test('an update changes what it names and nothing else', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const changed = await under.store.users.update(user.id, { displayName: 'Countess' });
      assert.deepEqual(changed, { ...user, displayName: 'Countess' });
      const quota = { instances: 0, memoryBytes: 0, cpus: 0, backupBytes: 0 };
      assert.deepEqual(await under.store.users.update(user.id, { role: 'admin', quota }), { ...changed, role: 'admin', quota });
      assert.deepEqual(await under.store.users.get(user.id), { ...changed, role: 'admin', quota });
      await failure(under.store.users.update('nobody', { role: 'admin' }), 'not_found');
    });

    test('a list of users comes in pages, newest first', async () => {
      await using under = await open();
      const made = [];
      for (let index = 0; index < 5; index += 1) {
        made.unshift((await addUser(under.store)).id);
        under.clock.advance(1);
      }
      const first = await under.store.users.list({ limit: 3 });
      const second = await under.store.users.list({ limit: 3, cursor: first.next ?? '' });
      assert.deepEqual([...first.items, ...second.items].map((user) => user.id), made);
      assert.equal(second.next, null);
    });
  });

  describe('people', () => {
    const quota = { instances: 9, memoryBytes: 2 ** 40, cpus: 9, backupBytes: 2 ** 40 };
    const admin = (under: StoreUnderTest) => under.store.users.create({ id: nextId(), username: nextId(), displayName: 'Ada', email: null, role: 'admin', quota });

    test('the last admin who is not disabled stays, also when ten admins disable and demote each other at once', async () => {
      for (let round = 0; round < 5; round += 1) {
        await using under = await open();
        const stores = [under.store, await under.another()];
        const admins = await Promise.all(Array.from({ length: 10 }, () => admin(under)));
        const results = await Promise.allSettled(admins.map(({ id }, index) => stores[index % 2]!.users.update(id, index % 3 === 0 ? { role: 'user' } : { disabled: true })));
        const refused = results.filter((result) => result.status === 'rejected');
        assert.deepEqual(refused.map(({ reason }) => isDbmakerError(reason, 'conflict')), [true], `round ${String(round)}`);
        const left = (await under.store.users.list({ limit: 100 })).items.filter(({ role, disabled }) => role === 'admin' && !disabled);
        assert.equal(left.length, 1);
      }
    });

    test('an admin who is disabled already can be demoted, and whoever is let in again is an admin as before', async () => {
      await using under = await open();
      const [one, two] = [await admin(under), await admin(under)];
      const off = await under.store.users.update(two.id, { disabled: true });
      assert.deepEqual(off, { ...two, disabled: true, signInsEnded: { at: under.clock.now(), kept: null } });
      assert.deepEqual(await under.store.users.get(two.id), off);
      await failure(under.store.users.update(one.id, { disabled: true }), 'conflict');
      assert.equal((await under.store.users.update(two.id, { displayName: 'x' })).disabled, true);
      assert.equal((await under.store.users.update(two.id, { disabled: false })).role, 'admin');
      await under.store.users.update(one.id, { role: 'user' });
    });

    test('somebody is found by part of a name or address, whatever the case, and what is special in a pattern is not', async () => {
      await using under = await open();
      const { users } = under.store;
      const people = [['ann-lee', 'Ännchen Öz', 'Ann.Lee@Example.com'], ['bob', '100% _Bob_', null], ['carl', "O'Carl \\ x", 'carl@example.org']] as const;
      for (const [username, displayName, email] of people) await users.create({ id: nextId(), username, displayName, email, role: 'user', quota });
      const found = async (search: string): Promise<string[]> => (await users.list({ limit: 9, search })).items.map(({ username }) => username).sort();
      assert.deepEqual([await found('ANN-'), await found('ännCHEN ö'), await found('a\u0308nn'), await found('lee@example.COM')], [['ann-lee'], ['ann-lee'], ['ann-lee'], ['ann-lee']]);
      assert.deepEqual([await found('%'), await found('_b'), await found('\\'), await found("'"), await found('100%x'), await found('')], [['bob'], ['bob'], ['carl'], ['carl'], [], ['ann-lee', 'bob', 'carl']]);
      const bob = await users.getByUsername('bob');
      await users.update(bob!.id, { displayName: 'Robert', email: 'BOB@x' });
      assert.deepEqual([await found('_bob'), await found('robert'), await found('bob@X')], [[], ['bob'], ['bob']]);
      const page = await users.list({ limit: 1, search: 'example' });
      const rest = await users.list({ limit: 1, search: 'example', cursor: page.next ?? '' });
      assert.deepEqual([[...page.items, ...rest.items].map(({ username }) => username).sort(), rest.next], [['ann-lee', 'carl'], null]);
    });

    test('what each of a page of people has in use is told for all of them', async () => {
      await using under = await open();
      const [ada, eve, bob] = [await addUser(under.store), await addUser(under.store), await addUser(under.store)];
      const first = await addInstance(under.store, ada);
      await addInstance(under.store, ada);
      await addInstance(under.store, eve);
      await addBackup(under.store, first, { files: [{ name: 'x', bytes: 7, sha256: 'x' }], expiresAt: null });
      await addBackup(under.store, first, { files: [{ name: 'x', bytes: 5, sha256: 'x' }], expiresAt: under.clock.now() + 1 });
      const usages = await under.store.users.usages([ada.id, eve.id, bob.id]);
      for (const { id } of [ada, eve, bob]) assert.deepEqual(usages.get(id), { ...(await under.store.users.usage(id)), backupBytes: (await under.store.backups.usage(id)).bytes });
      assert.deepEqual([usages.get(ada.id)?.instances, usages.get(ada.id)?.backupBytes, usages.get(bob.id)?.instances], [2, 5, 0]);
      assert.equal((await under.store.users.usages([])).size, 0);
    });

    test('that somebody was here is noted once a minute', async () => {
      await using under = await open();
      const { id } = await addUser(under.store);
      const seen = async (): Promise<number | null | undefined> => {
        await under.store.users.seen((await under.store.users.get(id))!);
        return (await under.store.users.get(id))?.lastSeenAt;
      };
      const start = under.clock.now();
      assert.equal(await seen(), start);
      under.clock.advance(59_000);
      assert.equal(await seen(), start);
      under.clock.advance(1000);
      assert.equal(await seen(), start + 60_000);
      under.clock.advance(-3_600_000);
      assert.equal(await seen(), start + 60_000 - 3_600_000, 'a clock that was set back');
    });
  });

  describe('tokens', () => {
    test('a token is found by the hash of its secret together with its user, expired or not', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      const token = await under.store.tokens.create({ id: 't1', userId: user.id, name: 'laptop', scopes: ['read', 'write'], expiresAt: 1 }, 'ab'.repeat(32));
      assert.equal(token.lastUsedAt, null);
      assert.deepEqual(await under.store.tokens.findByHash('ab'.repeat(32)), { token, user });
      assert.deepEqual(await under.store.tokens.listByUser(user.id), [token]);
      assert.equal(await under.store.tokens.findByHash('cd'.repeat(32)), null);
    });

    test('only its user can revoke a token, and then it is unknown', async () => {
      await using under = await open();
      const [ada, eve] = [await addUser(under.store), await addUser(under.store)];
      await under.store.tokens.create({ id: 't1', userId: ada.id, name: 'laptop', scopes: ['read'], expiresAt: null }, 'hash');
      assert.equal(await under.store.tokens.delete(eve.id, 't1'), false);
      assert.equal(await under.store.tokens.delete(ada.id, 't1'), true);
      assert.equal(await under.store.tokens.delete(ada.id, 't1'), false);
      assert.equal(await under.store.tokens.findByHash('hash'), null);
    });

    test('a use is noted once a minute', async () => {
      await using under = await open();
      const user = await addUser(under.store);
      await under.store.tokens.create({ id: 't1', userId: user.id, name: 'laptop', scopes: ['read'], expiresAt: null }, 'hash');
      const used = async (): Promise<number | null | undefined> => {
        await under.store.tokens.touch('t1');
        return (await under.store.tokens.findByHash('hash'))?.token.lastUsedAt;
      };
      const start = under.clock.now();
      assert.equal(await used(), start);
      under.clock.advance(59_000);
      assert.equal(await used(), start);
      under.clock.advance(1000);
      assert.equal(await used(), start + 60_000);
      await under.store.tokens.touch('revoked');
    });
  });

  describe('idempotency keys', () => {
    test('of many first requests at once exactly one has the key', async () => {
      await using under = await open();
      const others = await under.another();
      const claims = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? others : under.store).idempotency.begin('u1', 'key', 'hash', 1000)));
      assert.equal(claims.filter((claim) => claim === null).length, 1);
      assert.deepEqual(claims.find((claim) => claim !== null), { requestHash: 'hash', response: null });
    });

    test('a finished request is answered from the record, for ever and to its user only', async () => {
      await using under = await open();
      const { idempotency } = under.store;
      assert.equal(await idempotency.begin('u1', 'key', 'hash', 1000), null);
      await idempotency.finish('u1', 'key', { status: 202, instanceId: 'a1' });
      await idempotency.abandon('u1', 'key'); // too late: the answer stands
      under.clock.advance(2000);
      assert.deepEqual(await idempotency.begin('u1', 'key', 'other', 1000), { requestHash: 'hash', response: { status: 202, instanceId: 'a1' } });
      assert.equal(await idempotency.begin('u2', 'key', 'other', 1000), null);
    });

    test('a claim whose holder died can be taken over after its time, an abandoned one at once', async () => {
      await using under = await open();
      const { idempotency } = under.store;
      assert.equal(await idempotency.begin('u1', 'key', 'first', 1000), null);
      under.clock.advance(999);
      assert.deepEqual(await idempotency.begin('u1', 'key', 'second', 1000), { requestHash: 'first', response: null });
      under.clock.advance(1);
      assert.equal(await idempotency.begin('u1', 'key', 'second', 1000), null);
      assert.deepEqual(await idempotency.begin('u1', 'key', 'third', 1000), { requestHash: 'second', response: null });
      await idempotency.abandon('u1', 'key');
      assert.equal(await idempotency.begin('u1', 'key', 'third', 1000), null);
    });

    test('old records go', async () => {
      await using under = await open();
      const { idempotency } = under.store;
      await idempotency.begin('u1', 'old', 'hash', 1000);
      under.clock.advance(5000);
      await idempotency.begin('u1', 'new', 'hash', 1000);
      assert.equal(await idempotency.deleteBefore(under.clock.now()), 1);
      assert.equal(await idempotency.begin('u1', 'old', 'hash', 1000), null);
      assert.notEqual(await idempotency.begin('u1', 'new', 'hash', 1000), null);
    });
  });

  describe('settings and heartbeats', () => {
    test('the first value of a setting stays, and all agree on it', async () => {
      await using under = await open();
      const others = await under.another();
      assert.equal(await under.store.settings.get('home-id'), null);
      const values = await Promise.all([under.store, others, under.store, others].map((store, index) => store.settings.putIfAbsent('home-id', String(index))));
      assert.equal(new Set(values).size, 1);
      assert.equal(await others.settings.get('home-id'), values[0]);
    });

    test('a heartbeat replaces the one before it', async () => {
      await using under = await open();
      await under.store.heartbeats.beat('reconciler', { runtime: 'docker' });
      await under.store.heartbeats.beat('gateway', {});
      under.clock.advance(5);
      await under.store.heartbeats.beat('reconciler', { runtime: null });
      assert.deepEqual(await under.store.heartbeats.list(), [
        { worker: 'gateway', at: under.clock.now() - 5, state: {} },
        { worker: 'reconciler', at: under.clock.now(), state: { runtime: null } },
      ]);
    });
  });
}
