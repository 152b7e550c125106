import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { quietLog } from '../../../test/support/quiet-log.ts';
import { addInstance, addUser, TEMPLATE } from '../../../test/support/store.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import type { AuditEntry } from '../../domain/audit/entry.ts';
import type { Instance } from '../../domain/instance/instance.ts';
import type { Store } from '../../domain/ports/store.ts';
import { openStore } from '../../store/index.ts';
import { Policies } from './policies.ts';

const HOUR = 3_600_000;
const STORE_TEMPLATE = { ...TEMPLATE, name: 'Cache', type: 'cache', engine: 'generic' as const };

interface House {
  readonly store: Store;
  readonly clock: ManualClock;
  add(wish?: Parameters<typeof addInstance>[2], status?: Parameters<Store['instances']['report']>[1]): Promise<Instance>;
  /** So many hours pass, with a look at each of ten minutes. */
  pass(hours: number): Promise<void>;
  messages(id: string, type: string): Promise<string[]>;
  audit(): Promise<readonly AuditEntry[]>;
}

async function house(work: (house: House) => Promise<void>): Promise<void> {
  await using home = await temporaryDirectory('policies');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const user = await addUser(store);
    const policies = new Policies({ store, clock, log: quietLog, changed: () => undefined });
    await work({
      store, clock,
      async add(wish, status = { phase: 'running', provisioned: true }) {
        const instance = await addInstance(store, user, wish);
        const lease = await store.instances.acquireLease(instance.id, 'worker', 1000);
        assert.ok(lease);
        await store.instances.report(lease, status);
        await store.instances.releaseLease(lease);
        return instance;
      },
      async pass(hours) {
        for (let looks = hours * 6; looks > 0; looks -= 1) {
          clock.advance(HOUR / 6);
          await policies.turn();
        }
      },
      messages: async (id, type) => (await store.events.list({ instanceId: id, type }, { limit: 100 })).map(({ message }) => message),
      audit: async () => (await store.audit.list({}, { limit: 100 })).items,
    });
  } finally {
    await store.close();
  }
}

test('what a policy does is in the audit: sleep as well as removal, each once, as done by DbMaker itself', async () => {
  await house(async ({ store, add, pass, audit }) => {
    const { id, slug, ownerId } = await add({ spec: { sleepAfterMs: HOUR, removeAfterMs: 3 * HOUR } });
    await pass(2);
    assert.equal((await store.instances.get(id))?.spec.desired, 'sleeping');
    assert.deepEqual((await audit()).map(({ id: _id, at: _at, ...entry }) => entry), [{
      actor: { kind: 'system', id: null, name: 'dbmaker' }, tokenId: null, source: null, requestId: null, action: 'instance.sleep', subject: slug, instanceId: id, ownerId,
      outcome: 'ok', code: null, detail: { because: 'unused', idleMs: HOUR },
    }]);
    await pass(3);
    assert.equal((await store.instances.get(id))?.spec.desired, 'deleted');
    assert.deepEqual((await audit()).map(({ action, outcome }) => [action, outcome]), [['instance.delete', 'ok'], ['instance.sleep', 'ok']]);
  });
});

test('a final backup is promised where there will be one, and where there is nothing to back up it is said why', async () => {
  await house(async ({ add, pass, messages }) => {
    const spec = { removeAfterMs: 3 * HOUR };
    const [kept, plain, mounted, unborn] = [
      await add({ spec }),
      await add({ engine: 'generic', spec: { ...spec, template: STORE_TEMPLATE } }),
      await add({ engine: 'generic', spec: { ...spec, template: { ...STORE_TEMPLATE, dataPath: '/data' } } }),
      await add({ spec }, { phase: 'failed', provisioned: false }),
    ];
    await pass(5);
    const told = async ({ id }: Instance): Promise<string[]> => [...await messages(id, 'instance.removal-warned'), ...await messages(id, 'instance.delete-requested')];
    for (const one of [kept, mounted]) {
      const [warned = '', removed = ''] = await told(one);
      assert.match(warned, /^It will be removed at [^,]*, after a final backup: nobody has used it/);
      assert.match(removed, /it is removed, after a final backup\.$/);
    }
    for (const [one, why] of [[plain, 'it keeps no data on the disk'], [unborn, 'it has never run']] as const) {
      const [warned = '', removed = ''] = await told(one);
      assert.match(warned, new RegExp(`^It will be removed at [^,]*, without a backup, as ${why}: nobody has used it`));
      assert.match(removed, new RegExp(`it is removed, without a backup, as ${why}\\.$`));
    }
  });
});

test('one that waits for its data from a backup is not removed, whatever its policies say; once it has them, it is as any other', async () => {
  await house(async ({ store, clock, add, pass, messages }) => {
    const spec = { removeAfterMs: 3 * HOUR, expiresAt: clock.now() + 4 * HOUR, restoreFrom: 'bwanted' };
    const failing = await add({ spec }, { phase: 'failed', provisioned: false, reason: { code: 'backup_damaged', message: 'It says "restoreFrom":"bother", "provisioned":true.' }, nextTryAt: null });
    const halfway = await add({ spec }, { phase: 'provisioning', provisioned: false, restored: true });
    const there = await add({ spec }, { phase: 'sleeping', provisioned: true, restored: true });
    await pass(12);
    const desired = async (one: Instance): Promise<string | undefined> => (await store.instances.get(one.id))?.spec.desired;
    assert.deepEqual([await desired(failing), await desired(halfway), await desired(there)], ['running', 'running', 'deleted']);
    assert.deepEqual(await messages(failing.id, 'instance.removal-warned'), []);

    const lease = await store.instances.acquireLease(failing.id, 'worker', 1000);
    assert.ok(lease);
    await store.instances.report(lease, { phase: 'running', provisioned: true, restored: true });
    await pass(0.5);
    assert.equal((await messages(failing.id, 'instance.removal-warned')).length, 1, 'warned first, like everybody');
    assert.equal(await desired(failing), 'running');
  });
});

test('one that cannot be backed up, as its owner\'s backups take all they may, stays as it is; that is told once in an hour, and it goes once there is room', async () => {
  await house(async ({ store, add, pass, messages }) => {
    const { id, ownerId } = await add({ spec: { removeAfterMs: 3 * HOUR } });
    const quota = { instances: 9, memoryBytes: 2 ** 40, cpus: 99, backupBytes: 2 ** 30 };
    await store.users.update(ownerId, { quota: { ...quota, backupBytes: 0 } });
    await pass(6);
    assert.equal((await store.instances.get(id))?.spec.desired, 'running');
    const told = await messages(id, 'instance.removal-postponed');
    assert.ok(told.length >= 2 && told.length <= 4, String(told.length));
    assert.match(told[0] ?? '', /^Its time is over, but it stays, as it cannot be backed up: All of the 0 MB for backups are in use\. Delete older backups/);
    await store.users.update(ownerId, { quota });
    await pass(1.5);
    assert.equal((await store.instances.get(id))?.spec.desired, 'deleted');
  });
});
