import { isDbmakerError } from '../../domain/errors.ts';
import type { Lease } from '../../domain/ports/store.ts';
import type { ReconcilerPorts, StepResult } from './context.ts';
import { recordFailure } from './failure.ts';
import { leaseLost, makePass } from './pass.ts';
import { resync } from './resync.ts';
import { step } from './step.ts';
import { WorkQueue } from './work-queue.ts';

/** A next look closer than this keeps its lease: giving it back and claiming it again costs two writes. */
const KEEP_LEASE_BELOW_MS = 1000;

/**
 * Makes the world match the specs. Its memory (queue, timers) is a convenience only: everything that matters is in the store and in
 * the runtime, and the full resync re-reads both.
 */
export class Reconciler {
  readonly #ports: ReconcilerPorts;
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();
  readonly #leases = new Map<string, { lease: Lease; renewedAt: number }>();
  #resyncing: Promise<void> | null = null;
  #lastResyncAt: number | null = null;
  #cancelTimers: (() => void)[] = [];

  constructor(ports: ReconcilerPorts) {
    this.#ports = ports;
    this.#queue = new WorkQueue({ concurrency: ports.settings.concurrency, clock: ports.clock, work: (id) => this.#look(id) });
  }

  /** Milliseconds since 1970 of the last full resync that went through. */
  get lastResyncAt(): number | null {
    return this.#lastResyncAt;
  }

  /** How many wait for a look, and are looked at. */
  get queue(): { waiting: number; running: number } {
    return this.#queue.counts;
  }

  start(): void {
    this.#ports.runtime.watch(
      { onChange: (id) => this.#queue.add(id), onResync: () => void this.resyncNow() },
      this.#stopping.signal,
    );
    this.#every(this.#ports.settings.resyncMs, () => this.resyncNow());
    this.#every(this.#ports.settings.pollMs, () => this.#poll());
    void this.resyncNow();
  }

  /** Look at this one now. */
  enqueue(id: string): void {
    this.#queue.add(id);
  }

  /** One full comparison of store and runtime; several calls at once share one. Never rejects: a failure is logged and tried again. */
  resyncNow(): Promise<void> {
    if (this.#resyncing !== null) return this.#resyncing;
    const ended = this.#ports.observer?.resync();
    this.#resyncing = resync(this.#ports, (id) => this.#queue.add(id))
      .then(() => {
        this.#lastResyncAt = this.#ports.clock.now();
        ended?.('ok');
      })
      .catch((error: unknown) => {
        ended?.('failed');
        this.#ports.log.warn({ err: error }, 'full resync did not go through');
      })
      .finally(() => (this.#resyncing = null));
    return this.#resyncing;
  }

  /** Begins no new look, waits for those under way (bounded by their own deadlines), gives leases back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const cancel of this.#cancelTimers) cancel();
    await this.#queue.close();
    await this.#resyncing;
    await Promise.allSettled([...this.#leases.values()].map(({ lease }) => this.#ports.store.instances.releaseLease(lease)));
  }

  async #poll(): Promise<void> {
    try {
      for (const id of await this.#ports.store.instances.due(200)) this.#queue.add(id);
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'the store could not be asked for work');
    }
  }

  #every(ms: number, run: () => Promise<void>): void {
    const index = this.#cancelTimers.length;
    const next = (): void => {
      this.#cancelTimers[index] = this.#ports.clock.after(ms, () => {
        void run().finally(() => {
          if (!this.#stopping.signal.aborted) next();
        });
      });
    };
    next();
  }

  /** @returns milliseconds until the next look, null: none needed */
  async #look(id: string): Promise<number | null> {
    const { settings, log, observer } = this.#ports;
    const ended = observer?.look();
    let lease: Lease | null = null;
    try {
      lease = await this.#claim(id);
      if (lease === null) {
        ended?.('none');
        return null; // gone, or another worker's
      }
      const result = await this.#underLease(id, lease);
      ended?.(result.kind);
      if (result.kind === 'again' && result.afterMs < KEEP_LEASE_BELOW_MS && !this.#stopping.signal.aborted) return result.afterMs;
      await this.#release(id, lease);
      return result.kind === 'again' ? result.afterMs : null;
    } catch (error) {
      if (lease !== null) await this.#release(id, lease).catch((later: unknown) => log.debug({ err: later, instance: id }, 'lease not given back; it expires'));
      ended?.(isDbmakerError(error, 'cancelled') ? 'none' : 'error');
      if (isDbmakerError(error, 'cancelled')) return null;
      log.warn({ err: error, instance: id }, 'a look at an instance failed; it is repeated');
      return settings.pollMs * 2;
    }
  }

  /** The lease kept from the last look while it is fresh, else a new claim. */
  async #claim(id: string): Promise<Lease | null> {
    const { store, settings, clock } = this.#ports;
    const kept = this.#leases.get(id);
    const age = kept === undefined ? -1 : clock.now() - kept.renewedAt; // below 0 also where the clock was set back
    if (kept !== undefined && age >= 0 && age < settings.leaseMs / 3) return kept.lease;
    const lease = await store.instances.acquireLease(id, settings.holder, settings.leaseMs);
    if (lease === null) this.#leases.delete(id);
    else this.#leases.set(id, { lease, renewedAt: clock.now() });
    return lease;
  }

  async #underLease(id: string, lease: Lease): Promise<StepResult> {
    const { store, runtime, settings, clock } = this.#ports;
    const lost = new AbortController();
    let cancelRenewal: () => void = () => undefined;
    const renewLater = (): void => {
      cancelRenewal = clock.after(settings.leaseMs / 3, () => {
        store.instances.renewLease(lease, settings.leaseMs).then(
          (kept) => {
            if (!kept) return lost.abort(leaseLost());
            this.#leases.set(id, { lease, renewedAt: clock.now() });
            renewLater();
          },
          () => lost.abort(leaseLost()),
        );
      });
    };
    renewLater();
    try {
      const instance = await store.instances.get(id);
      if (instance === null) return { kind: 'done' };
      const signal = AbortSignal.any([lost.signal, this.#stopping.signal]);
      let observation;
      try {
        observation = await runtime.observe(id);
      } catch (error) {
        // Not seen is not gone: one that was running is taken to be so until a look says otherwise.
        const state = instance.status.phase === 'running' ? 'running' : 'absent';
        const unknown = { id, state, exitCode: null, outOfMemory: false, startedAt: null, finishedAt: null, endpoint: null, fingerprint: null, dataPresent: true } as const;
        return await recordFailure(makePass(this.#ports, instance, unknown, lease, signal), error);
      }
      const pass = makePass(this.#ports, instance, observation, lease, signal);
      try {
        const result = await step(pass);
        if (instance.spec.desired === 'deleted' && result.kind === 'done') await this.#close(lease);
        return result;
      } catch (error) {
        if (this.#stopping.signal.aborted) throw leaseLost();
        return await recordFailure(pass, error);
      }
    } finally {
      cancelRenewal();
    }
  }

  async #close(lease: Lease): Promise<void> {
    const { store, clock, settings } = this.#ports;
    if (!(await store.instances.close(lease, { quarantineUntil: clock.now() + settings.quarantineMs }))) throw leaseLost();
    this.#leases.delete(lease.instanceId);
    this.#ports.onReport(lease.instanceId);
  }

  async #release(id: string, lease: Lease): Promise<void> {
    if (this.#leases.get(id)?.lease === lease) {
      this.#leases.delete(id);
      await this.#ports.store.instances.releaseLease(lease);
    }
  }
}
