import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isDbmakerError } from '../../../src/domain/errors.ts';
import type { Lease } from '../../../src/domain/ports/store.ts';
import { addInstance, addUser } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

/** A fresh database costs more than a run: these few are long instead. */
const RUNS = { numRuns: 8, interruptAfterTimeLimit: 30_000 };

export function modelContract(open: OpenStore): void {
  describe('any order of steps', () => {
    test('no port is ever given twice among taken, reserved, blocked and resting ones, and none is lost', async () => {
      const range = { from: 10000, to: 10005 };
      const pick = fc.nat({ max: 5 });
      const time = fc.integer({ min: 1, max: 100 });
      const step = fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('reserve' as const), ms: time }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('create' as const), index: pick }) },
        fc.record({ kind: fc.constant('unreserve' as const), index: pick }),
        fc.record({ kind: fc.constant('block' as const), index: pick, ms: time }),
        fc.record({ kind: fc.constant('close' as const), index: pick, ms: time }),
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: time }) },
      );
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        await using under = await open();
        const { ports, instances } = under.store;
        const user = await addUser(under.store);
        /** Port -> what keeps it busy. */
        const model = Array.from({ length: 6 }, () => ({ instance: null as string | null, reserved: 0, resting: 0, blocked: 0 }));
        let last = 5;
        const now = () => under.clock.now();
        const isFree = (entry: (typeof model)[number]) => entry.instance === null && Math.max(entry.reserved, entry.resting, entry.blocked) <= now();
        for (const action of steps) {
          if (action.kind === 'wait') {
            under.clock.advance(action.ms);
          } else if (action.kind === 'reserve') {
            const expected = [1, 2, 3, 4, 5, 6].map((distance) => (last + distance) % 6).find((index) => isFree(model[index]!));
            const got = await ports.reserve(range, action.ms).catch((error: unknown) => {
              assert.ok(isDbmakerError(error, 'ports_exhausted'));
              return undefined;
            });
            assert.equal(got, expected === undefined ? undefined : range.from + expected);
            if (expected === undefined) continue;
            model[expected] = { instance: null, reserved: now() + action.ms, resting: 0, blocked: 0 };
            last = expected;
          } else {
            const entry = model[action.index]!;
            const port = range.from + action.index;
            if (action.kind === 'create') {
              const takes = entry.instance === null && entry.reserved > now();
              const made = await addInstance(under.store, user, { port }).catch((error: unknown) => {
                assert.ok(isDbmakerError(error, 'conflict'));
                return null;
              });
              assert.equal(made !== null, takes);
              if (made) Object.assign(entry, { instance: made.id, reserved: 0 });
            } else if (action.kind === 'unreserve') {
              await ports.unreserve(port);
              entry.reserved = 0;
            } else if (action.kind === 'block') {
              await ports.block(port, now() + action.ms);
              Object.assign(entry, { reserved: 0, blocked: now() + action.ms });
            } else if (entry.instance !== null) {
              const lease = await instances.acquireLease(entry.instance, 'worker', 1000);
              assert.equal(await instances.close(lease!, { quarantineUntil: now() + action.ms }), true);
              Object.assign(entry, { instance: null, reserved: 0, resting: now() + action.ms });
            }
          }
          const taken = model.filter((entry) => entry.instance !== null || entry.reserved > now()).length;
          const free = model.filter(isFree).length;
          assert.deepEqual(await ports.counts(range), { taken, quarantined: 6 - taken - free, free });
        }
      }), RUNS);
    });

    test('at no time have two workers a lease that counts', async () => {
      const holder = fc.constantFrom('one', 'two', 'three');
      const time = fc.integer({ min: 1, max: 50 });
      const which = fc.nat({ max: 9 });
      const step = fc.oneof(
        { weight: 3, arbitrary: fc.record({ kind: fc.constant('acquire' as const), holder, ms: time }) },
        fc.record({ kind: fc.constant('renew' as const), which, ms: time }),
        fc.record({ kind: fc.constant('release' as const), which }),
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('report' as const), which }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: time }) },
      );
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        await using under = await open();
        const { instances } = under.store;
        const { id } = await addInstance(under.store, await addUser(under.store));
        const handed: Lease[] = [];
        let current = null as { lease: Lease; until: number } | null;
        let attempts = 0;
        for (const action of steps) {
          if (action.kind === 'wait') {
            under.clock.advance(action.ms);
          } else if (action.kind === 'acquire') {
            const free = current === null || current.until <= under.clock.now() || current.lease.holder === action.holder;
            const lease = await instances.acquireLease(id, action.holder, action.ms);
            assert.equal(lease !== null, free);
            if (lease === null) continue;
            assert.ok(handed.every((earlier) => earlier.token < lease.token), 'the token rises');
            handed.push(lease);
            current = { lease, until: under.clock.now() + action.ms };
          } else {
            const lease = handed[action.which % Math.max(1, handed.length)];
            if (lease === undefined) continue;
            const counts = lease === current?.lease;
            if (action.kind === 'release') {
              await instances.releaseLease(lease);
              if (counts) current = null;
            } else if (action.kind === 'renew') {
              assert.equal(await instances.renewLease(lease, action.ms), counts);
              if (counts) current = { lease, until: under.clock.now() + action.ms };
            } else {
              assert.equal(await instances.report(lease, { attempts: attempts + 1 }), counts);
              if (counts) attempts += 1;
            }
          }
          assert.equal((await instances.get(id))?.status.attempts, attempts);
        }
      }), RUNS);
    });
  });
}
