import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditActor, AuditEntry, NewAuditEntry } from '../../../src/domain/audit/entry.ts';
import { systemEntry } from '../../../src/domain/audit/entry.ts';
import type { AuditFilter, Store } from '../../../src/domain/ports/store.ts';
import { failure } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

const ADA: AuditActor = { kind: 'user', id: 'u1', name: 'ada' };
const EVE: AuditActor = { kind: 'user', id: 'u2', name: 'eve' };
const NOBODY: AuditActor = { kind: 'unknown', id: null, name: '' };

const entry = (change: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  actor: ADA, tokenId: 't1', source: '192.0.2.7', requestId: 'r1', action: 'instance.stop', subject: 'ada-redis-x', instanceId: 'a1', ownerId: 'u1',
  outcome: 'ok', code: null, detail: { name: "x'; drop table audit; -- 🐘" }, ...change,
});

async function everything(store: Store, filter: AuditFilter = {}): Promise<readonly AuditEntry[]> {
  return (await store.audit.list(filter, { limit: 200 })).items;
}

/** Who did what. */
export function auditContract(open: OpenStore): void {
  describe('audit', () => {
    test('an entry is kept as it was written', async () => {
      await using under = await open();
      const written = [entry(), entry({ actor: NOBODY, tokenId: null, outcome: 'refused', code: 'unauthenticated', source: null, requestId: null, detail: {} }), systemEntry('instance.remove', { subject: 'x', instanceId: 'a2', ownerId: 'u2' }, { policy: 'removeAfter' })];
      for (const one of written) await under.store.audit.append(one);
      const found = await everything(under.store);
      assert.deepEqual(found, written.toReversed().map((one, index) => ({ ...one, id: found[index]!.id, at: under.clock.now() })));
      assert.deepEqual(found[0]!.actor, { kind: 'system', id: null, name: 'dbmaker' });
    });

    test('what was begun is completed once; a second end and one of a complete entry change nothing', async () => {
      await using under = await open();
      const { audit } = under.store;
      const begun = entry({ subject: null, instanceId: null });
      const id = await audit.begin(begun);
      const durable = await audit.begin(begun, { durable: true });
      assert.ok(durable > id);
      assert.deepEqual((await everything(under.store)).map(({ outcome, code }) => [outcome, code]), [['begun', null], ['begun', null]]);
      under.clock.advance(5000);
      assert.equal(await audit.finish(id, { outcome: 'failed', code: 'disk_full', subject: 's', instanceId: 'a9', ownerId: 'u9', detail: { n: 1 } }), true);
      assert.equal(await audit.finish(id, { outcome: 'ok', code: null, ownerId: 'u1' }), false);
      assert.equal(await audit.finish(durable, { outcome: 'ok', code: null }), true);
      const [second, first] = await everything(under.store);
      assert.deepEqual(first, { ...begun, id, at: under.clock.now() - 5000, outcome: 'failed', code: 'disk_full', subject: 's', instanceId: 'a9', ownerId: 'u9', detail: { n: 1 } });
      assert.deepEqual(second, { ...begun, id: durable, at: under.clock.now() - 5000, outcome: 'ok', code: null });
    });

    test('is listed newest first in pages, each row once, whatever is added meanwhile', async () => {
      await using under = await open();
      const { audit } = under.store;
      for (let n = 0; n < 7; n += 1) await audit.append(entry({ subject: String(n) }));
      const seen: (string | null)[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await audit.list({}, { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.items.map(({ subject }) => subject));
        cursor = page.next;
        await audit.append(entry({ subject: 'later' }));
      }
      assert.deepEqual(seen, ['6', '5', '4', '3', '2', '1', '0']);
      for (const cursor of ['', 'x', Buffer.from('audit:-1').toString('base64url'), Buffer.from('[1,"a"]').toString('base64url')]) {
        await failure(audit.list({}, { limit: 3, cursor }), 'invalid_request');
      }
    });

    test('is filtered by who is concerned, who did it, instance, action, subject, outcome and time, each and together', async () => {
      await using under = await open();
      const { audit } = under.store;
      const start = under.clock.now();
      const subjects = async (filter: AuditFilter) => (await everything(under.store, filter)).map(({ subject }) => subject).join('');
      const rows: [string, Partial<NewAuditEntry>][] = [
        ['a', {}],
        ['b', { actor: EVE }],
        ['c', { actor: EVE, ownerId: 'u2', instanceId: 'a2' }],
        ['d', { actor: NOBODY, ownerId: null, instanceId: null, action: 'token.create' }],
        ['e', { actor: ADA, ownerId: 'u2', instanceId: 'a2', action: 'instance.delete', outcome: 'refused' }],
      ];
      for (const [subject, change] of rows) {
        await audit.append(entry({ subject, ...change }));
        under.clock.advance(1000);
      }
      assert.equal(await subjects({}), 'edcba');
      assert.equal(await subjects({ concerns: 'u1' }), 'eba');
      assert.equal(await subjects({ concerns: 'u2' }), 'ecb');
      assert.equal(await subjects({ concerns: 'u3' }), '');
      assert.equal(await subjects({ actorId: 'u2' }), 'cb');
      assert.equal(await subjects({ instanceId: 'a2' }), 'ec');
      assert.equal(await subjects({ action: 'token.create' }), 'd');
      assert.equal(await subjects({ subject: 'd' }), 'd');
      assert.equal(await subjects({ subject: 'D' }), '');
      assert.equal(await subjects({ subject: 'd', concerns: 'u1' }), '', 'not theirs');
      assert.equal(await subjects({ subject: 'e', concerns: 'u1' }), '', 'what was refused to somebody of what is not theirs is not found by its name');
      assert.equal(await subjects({ instanceId: 'a2', concerns: 'u1' }), '', 'nor by its id');
      assert.equal(await subjects({ subject: 'b', concerns: 'u2' }) + await subjects({ instanceId: 'a1', concerns: 'u2' }), 'bb', 'what they did is: it was shared with them');
      assert.equal(await subjects({ subject: 'e', concerns: 'u2' }), 'e');
      assert.equal(await subjects({ subject: 'b', concerns: 'u1' }), 'b');
      assert.equal(await subjects({ outcome: 'refused' }) + await subjects({ outcome: 'refused', concerns: 'u1' }) + await subjects({ outcome: 'refused', concerns: 'u3' }), 'ee');
      assert.equal(await subjects({ outcome: 'ok', action: 'token.create' }) + await subjects({ outcome: 'failed' }), 'd');
      assert.equal(await subjects({ from: start + 1000, to: start + 3000 }), 'cb');
      assert.equal(await subjects({ concerns: 'u1', actorId: 'u2', instanceId: 'a1', action: 'instance.stop', from: start }), 'b');
      const first = await audit.list({ concerns: 'u2' }, { limit: 2 });
      const second = await audit.list({ concerns: 'u2' }, { limit: 2, cursor: first.next! });
      assert.deepEqual([...first.items, ...second.items].map(({ subject }) => subject), ['e', 'c', 'b']);
      assert.equal(second.next, null);
    });

    test('what is too old goes, however much it is, and of strangers all but the newest', async () => {
      await using under = await open();
      const { audit } = under.store;
      const others = await under.another();
      await Promise.all(Array.from({ length: 30 }, (_, n) => (n % 2 ? audit : others.audit).append(entry({ actor: n % 3 ? ADA : NOBODY }))));
      under.clock.advance(1000);
      await audit.append(entry({ subject: 'young' }));
      assert.equal(await audit.pruneUnknown(10), 0);
      assert.equal(await audit.pruneUnknown(4), 6);
      assert.equal((await everything(under.store)).filter(({ actor }) => actor.kind === 'unknown').length, 4);
      assert.equal(await audit.prune(under.clock.now()), 24);
      assert.deepEqual((await everything(under.store)).map(({ subject }) => subject), ['young']);
      assert.equal(await audit.prune(under.clock.now()), 0);
    });
  });
}
