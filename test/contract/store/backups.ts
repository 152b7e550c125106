import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backedUp } from '../../../src/domain/backup/backup.ts';
import type { Instance } from '../../../src/domain/instance/instance.ts';
import type { Store } from '../../../src/domain/ports/store.ts';
import { addBackup, addInstance, addUser, failure, nextId } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const FILES = [{ name: 'one', bytes: 30, sha256: 'a'.repeat(64) }, { name: 'two', bytes: 12, sha256: 'b'.repeat(64) }];

function begin(store: Store, instance: Instance, id = nextId()): ReturnType<Store['backups']['begin']> {
  return store.backups.begin({ id, instanceId: instance.id, ownerId: instance.ownerId, of: backedUp(instance, { password: 'sealed' }), format: 'rdb' });
}

export function backupContract(open: OpenStore): void {
  describe('backups', () => {
    test('is made, verified, kept longer, and removed; each step only from the one before', async () => {
      await using under = await open();
      const { store, clock } = under;
      const instance = await addInstance(store, await addUser(store));
      const made = await begin(store, instance);
      const { id } = made;
      assert.deepEqual(await store.backups.get(id), made);
      assert.deepEqual({ ...made, of: null }, {
        id, instanceId: instance.id, ownerId: instance.ownerId, state: 'making', createdAt: clock.now(), expiresAt: null, attempt: 0, bytes: 0, of: null, format: 'rdb', files: [], verifiedAt: null, details: {}, note: null,
      });
      assert.deepEqual(made.of, { ...backedUp(instance, { password: 'sealed' }) });
      await failure(begin(store, instance, id), 'conflict');
      assert.equal(await store.backups.keepUntil(id, clock.now() + 5), false);
      await store.backups.delete(id);
      const lease = await store.instances.acquireLease(instance.id, 'worker', 100_000);
      assert.ok(lease);
      assert.equal(await store.backups.setFormat(lease, id, 'data'), true);
      assert.equal(await store.backups.beginAttempt(lease, id), 1);
      assert.equal(await store.backups.beginAttempt(lease, id), 2);
      const place = { id, attempt: 2 };

      clock.advance(1000);
      const expiresAt = clock.now() + 10_000;
      const result = { files: FILES, details: { rdbBytes: 7 }, note: 'a note', expiresAt, login: { password: 'of the data', nextPassword: 'wanted' } };
      assert.equal(await store.backups.finish(lease, place, result), true);
      assert.equal(await store.backups.finish(lease, place, result), false);
      assert.equal(await store.backups.setFormat(lease, id, 'rdb'), false);
      assert.deepEqual(await store.backups.get(id), { ...made, of: { ...made.of, ...result.login }, state: 'verified', attempt: 2, format: 'data', files: FILES, details: { rdbBytes: 7 }, note: 'a note', expiresAt, verifiedAt: clock.now(), bytes: 42 });
      assert.equal(await store.backups.keepUntil(id, expiresAt - 1), true);
      assert.equal((await store.backups.get(id))?.expiresAt, expiresAt, 'never shorter');
      assert.equal(await store.backups.keepUntil(id, expiresAt + 50), true);
      assert.deepEqual(await store.backups.removable(expiresAt + 49), []);
      assert.equal(await store.backups.markRemoving(id, { expiredAt: expiresAt + 49 }), false, 'somebody had it kept meanwhile');
      assert.deepEqual((await store.backups.removable(expiresAt + 50)).map((one) => one.id), [id]);
      assert.equal(await store.backups.markRemoving(id, { expiredAt: expiresAt + 50 }), true);
      assert.equal(await store.backups.markRemoving(id), true, 'twice');
      assert.deepEqual((await store.backups.removable(0)).map((one) => one.id), [id], 'cut off here, it is found');
      assert.equal(await store.backups.keepUntil(id, 1), false);
      await store.backups.delete(id);
      assert.equal(await store.backups.get(id), null);
      assert.equal(await store.backups.markRemoving(id), false);
    });

    test('lists verified ones, newest first, of one owner or of all, in pages', async () => {
      await using under = await open();
      const { store, clock } = under;
      const [ann, bob] = [await addUser(store), await addUser(store)];
      const [first, second, third] = [await addInstance(store, ann), await addInstance(store, bob), await addInstance(store, ann)];
      const ids: string[] = [];
      for (const instance of [first, second, third]) {
        clock.advance(10);
        ids.push((await addBackup(store, instance, { expiresAt: clock.now() + 1000 })).id);
      }
      clock.advance(10);
      const unfinished = await begin(store, first);
      assert.deepEqual((await store.backups.list({}, { limit: 10 })).items.map(({ id }) => id), ids.toReversed());
      assert.deepEqual((await store.backups.list({ ownerId: ann.id }, { limit: 10 })).items.map(({ id }) => id), [ids[2], ids[0]]);
      const page = await store.backups.list({}, { limit: 2 });
      assert.ok(page.next);
      assert.deepEqual((await store.backups.list({}, { limit: 2, cursor: page.next })).items.map(({ id }) => id), [ids[0]]);
      assert.deepEqual((await store.backups.ofInstance(first.id)).map(({ id }) => id), [ids[0], unfinished.id]);
    });

    test('one that was being made for an instance that is gone is to be removed, for one that is there it is not', async () => {
      await using under = await open();
      const { store } = under;
      const instance = await addInstance(store, await addUser(store));
      const { id } = await begin(store, instance);
      assert.deepEqual(await store.backups.removable(Number.MAX_SAFE_INTEGER), []);
      const lease = await store.instances.acquireLease(instance.id, 'worker', 1000);
      assert.ok(lease);
      await store.instances.close(lease, { quarantineUntil: 0 });
      assert.deepEqual((await store.backups.removable(0)).map((one) => one.id), [id]);
    });

    test('one that a new database waits for is kept after its time, however the restore goes, until that is there, given up or deleted', async () => {
      await using under = await open();
      const { store, clock } = under;
      const user = await addUser(store);
      const gone = await addInstance(store, user);
      const kept = async (status: Parameters<Store['instances']['report']>[1], change?: Parameters<Store['instances']['change']>[1]): Promise<boolean> => {
        const { id } = await addBackup(store, gone, { expiresAt: clock.now() });
        const other = await addBackup(store, gone, { expiresAt: clock.now() });
        const made = await addInstance(store, user, { spec: { restoreFrom: id } });
        const lease = await store.instances.acquireLease(made.id, 'worker', 1000);
        assert.ok(lease);
        await store.instances.report(lease, { reason: { code: 'backup_failed', message: `"provisioned":true "restoreFrom":"${other.id}"` }, ...status });
        if (change) await store.instances.change(made.id, change);
        const removable = (await store.backups.removable(clock.now())).map((backup) => backup.id);
        assert.ok(removable.includes(other.id));
        return !removable.includes(id);
      };
      assert.equal(await kept({ phase: 'pending' }), true);
      assert.equal(await kept({ phase: 'failed', nextTryAt: null }), true);
      assert.equal(await kept({ phase: 'stopped' }, { desired: 'stopped' }), true, 'stopped in the middle of it');
      assert.equal(await kept({ phase: 'provisioning', restored: true }), true, 'its files are in place, but it has not run yet');
      assert.equal(await kept({ phase: 'failed', provisioned: true, restored: true }), false, 'it has run with its data: what happens then is its own');
      assert.equal(await kept({ phase: 'failed' }, { desired: 'deleted' }), false);
    });

    test('a worker that has lost its lease finishes nothing, and of two tries only the later one counts', async () => {
      await using under = await open();
      const { store, clock } = under;
      const instance = await addInstance(store, await addUser(store));
      const { id } = await begin(store, instance);
      const frozen = await store.instances.acquireLease(instance.id, 'frozen', 1000);
      assert.ok(frozen);
      assert.equal(await store.backups.beginAttempt(frozen, id), 1);
      assert.equal(await store.backups.claim({ id, attempt: 1 }, { need: 10, wish: 20 }), 20);
      clock.advance(1000);
      const other = await store.instances.acquireLease(instance.id, 'other', 1000);
      assert.ok(other);
      const result = { files: FILES, details: {}, note: null, expiresAt: clock.now(), login: { password: 'sealed' } };
      assert.equal(await store.backups.finish(frozen, { id, attempt: 1 }, result), false);
      assert.equal(await store.backups.setFormat(frozen, id, 'data'), false);
      assert.equal(await store.backups.beginAttempt(frozen, id), null);
      assert.equal(await store.backups.beginAttempt(other, id), 2);
      assert.equal((await store.backups.get(id))?.bytes, 20, 'the files of the one before it may still be there');
      assert.equal(await store.backups.claim({ id, attempt: 1 }, { need: 30, wish: 40 }), null);
      assert.equal(await store.backups.claim({ id, attempt: 2 }, { need: 5, wish: 5 }), 5);
      assert.equal(await store.backups.finish(other, { id, attempt: 1 }, result), false);
      assert.equal(await store.backups.finish(other, { id, attempt: 2 }, result), true);
      assert.equal(await store.backups.claim({ id, attempt: 2 }, { need: 0, wish: 0 }), null, 'what is verified keeps its size');
      assert.equal((await store.backups.get(id))?.bytes, 42);
    });

    test('what is being written is claimed of its owner\'s quota first, and never more than is left, also by two at once', async () => {
      await using under = await open();
      const { store, clock } = under;
      const user = await addUser(store, { backupBytes: 1000 });
      const instance = await addInstance(store, user);
      await addBackup(store, await addInstance(store, user), { files: FILES, expiresAt: clock.now() });
      await addBackup(store, await addInstance(store, await addUser(store)), { files: FILES, expiresAt: clock.now() });
      const place = await addBackup(store, instance, { expiresAt: null });
      assert.deepEqual(await store.backups.usage(user.id), { bytes: 42, limit: 1000 });
      assert.equal(await store.backups.claim(place, { need: 100, wish: 500 }), 500);
      assert.equal(await store.backups.claim(place, { need: 501, wish: 2000 }), 958, 'what it has claimed before is its own');
      assert.deepEqual(await store.backups.usage(user.id), { bytes: 1000, limit: 1000 });
      assert.deepEqual(await store.backups.usage(user.id, place.id), { bytes: 42, limit: 1000 });
      const refused = await failure(store.backups.claim(place, { need: 959, wish: 959 }), 'quota_exceeded');
      assert.match(refused.remedy ?? '', /Delete older backups.*backup=false/);
      assert.equal(await store.backups.claim(place, { need: 0, wish: 0 }), 0);
      assert.deepEqual(await store.backups.totals(), { count: 3, bytes: 84 });
      assert.equal(await store.backups.claim(place, { need: 500, wish: 500 }), 500);
      await store.users.update(user.id, { quota: { ...user.quota, backupBytes: 20 } });
      await failure(store.backups.claim(place, { need: 1, wish: 1 }), 'quota_exceeded');
      assert.equal(await store.backups.claim(place, { need: 0, wish: 0 }), 0, 'given back also by somebody who has more than they may by now');
      assert.deepEqual(await store.backups.usage(user.id), { bytes: 42, limit: 20 });
      await store.users.update(user.id, { quota: user.quota });

      const others = await under.another();
      const places = await Promise.all(Array.from({ length: 6 }, async () => addBackup(store, await addInstance(store, user), { expiresAt: null })));
      const claims = await Promise.allSettled(places.map((one, index) => (index % 2 ? others : store).backups.claim(one, { need: 200, wish: 250 })));
      assert.ok((await store.backups.usage(user.id)).bytes <= 1000);
      assert.equal(claims.filter(({ status }) => status === 'rejected').length, 2, '250, 250, 250, 208, and no more');
      await failure(store.backups.usage('nobody'), 'not_found');
    });

    test('one that is held back for want of room for its backup counts as one that its owner has; one that just goes does not', async () => {
      await using under = await open();
      const { store } = under;
      const user = await addUser(store, { instances: 1 });
      const { id } = await addInstance(store, user);
      const report = async (reason: { code: 'quota_exceeded' | 'disk_full'; message: string } | null): Promise<void> => {
        const lease = await store.instances.acquireLease(id, 'worker', 1000);
        assert.ok(lease);
        await store.instances.report(lease, { phase: 'deleting', reason });
      };
      await store.instances.change(id, { desired: 'deleted', finalBackup: true });
      await report({ code: 'quota_exceeded', message: 'No room.' });
      await failure(addInstance(store, user), 'quota_exceeded');
      await report({ code: 'disk_full', message: 'No "reason":{"code":"quota_exceeded".' });
      await addInstance(store, user);
    });

    test('a deletion says whether a backup comes first; afterwards it can only be given up', async () => {
      await using under = await open();
      const { store } = under;
      const user = await addUser(store);
      const finalBackup = async (...steps: (boolean | undefined)[]): Promise<(boolean | undefined)[]> => {
        const { id } = await addInstance(store, user);
        const seen: (boolean | undefined)[] = [];
        for (const wanted of steps) seen.push((await store.instances.change(id, { desired: 'deleted', ...(wanted === undefined ? {} : { finalBackup: wanted }) })).spec.finalBackup);
        return seen;
      };
      assert.deepEqual(await finalBackup(undefined, true), [false, false]);
      assert.deepEqual(await finalBackup(true, undefined, false, true), [true, true, false, false]);
      const { id } = await addInstance(store, user);
      assert.equal((await store.instances.change(id, { desired: 'stopped', finalBackup: true })).spec.finalBackup, undefined);
    });
  });
}
