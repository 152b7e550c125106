import { systemEntry } from '../../domain/audit/entry.ts';
import { hasRoom, noRoomFor } from '../../domain/backup/usage.ts';
import { formatDuration } from '../../domain/duration.ts';
import { afterFinalBackup, keepsNothing } from '../../domain/instance/keeps-nothing.ts';
import type { Desired, Instance } from '../../domain/instance/instance.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { ChangeOptions, SpecChange, Store } from '../../domain/ports/store.ts';
import { decide, type PolicyDecision, type PolicySubject } from '../../domain/policy/policy.ts';

const EVERY_MS = 10_000;
/** Between two looks; more is no delay on a busy machine any more. */
const GAP_MS = 15 * 60_000;
/** A gateway process that has not reported for so long is taken to be gone, and its connections with it. */
const GATEWAY_ALIVE_MS = 30_000;

export interface PolicyPorts {
  readonly store: Pick<Store, 'instances' | 'audit' | 'backups'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells the reconciler of a changed spec. A hint. */
  readonly changed: (instanceId: string) => void;
}

/**
 * Puts to sleep what nobody uses, warns of what is going to be removed, and asks for its removal when the time has come (the reconciler then makes
 * the final backup first). Decides by what is in the store alone, so a kill anywhere costs nothing but the next turn.
 */
export class Policies {
  readonly #ports: PolicyPorts;
  #cancel: () => void = () => undefined;
  #turn: Promise<void> | undefined;
  #stopped = false;
  #lastTurnAt: number | null = null;
  #lastLookAt: number | null = null;
  #upSince = 0;

  constructor(ports: PolicyPorts) {
    this.#ports = ports;
  }

  /** Milliseconds since 1970 of the last turn that went through. */
  get lastTurnAt(): number | null {
    return this.#lastTurnAt;
  }

  start(): void {
    this.#cancel = this.#ports.clock.after(EVERY_MS, () => {
      void this.turn().then(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#turn;
  }

  /** Looks at everything once. Never rejects. */
  turn(): Promise<void> {
    return (this.#turn ??= this.#lookAtAll().finally(() => { this.#turn = undefined; }));
  }

  async #lookAtAll(): Promise<void> {
    const { store, clock, log } = this.#ports;
    const now = clock.now();
    // Down, frozen, or a clock that was set: nobody could come meanwhile, or the time between is not real.
    if (this.#lastLookAt === null || Math.abs(now - this.#lastLookAt - EVERY_MS) > GAP_MS) this.#upSince = now;
    this.#lastLookAt = now;
    try {
      for (const subject of await store.instances.policySubjects(GATEWAY_ALIVE_MS)) {
        const decision = decide(subject, now, this.#upSince);
        if (decision !== null && !this.#stopped) await this.#carryOut(subject, decision);
      }
      this.#lastTurnAt = clock.now();
    } catch (error) {
      log.warn({ err: error }, 'the policies could not be looked at; tried again');
    }
  }

  async #carryOut(subject: PolicySubject, decision: PolicyDecision): Promise<void> {
    const { log } = this.#ports;
    try {
      switch (decision.do) {
        case 'sleep': return await this.#sleep(subject, decision.idleMs);
        case 'warn': return await this.#warn(subject, decision);
        case 'unwarn': return await this.#unwarn(subject);
        case 'remove': return await this.#remove(subject, decision.because);
      }
    } catch (error) {
      log.warn({ err: error, instance: subject.id, decision: decision.do }, 'a policy could not be carried out; tried again');
    }
  }

  async #sleep({ id }: PolicySubject, lookedMs: number): Promise<void> {
    const instance = await this.#ports.store.instances.get(id);
    if (instance === null) return;
    const idleMs = Math.floor(lookedMs / 60_000) * 60_000;
    await this.#change(instance, { action: 'instance.sleep', detail: { because: 'unused', idleMs } }, { desired: 'sleeping' }, {
      onlyIfDesired: ['running'], event: { type: 'instance.sleep-requested', message: `Nobody has used it for ${formatDuration(idleMs)}: it is put to sleep.`, data: { by: 'policy' } },
    });
  }

  async #warn({ id, removeAfterMs }: PolicySubject, { removeAt, because }: PolicyDecision & { do: 'warn' }): Promise<void> {
    const instance = await this.#ports.store.instances.get(id);
    if (instance === null) return;
    const when = new Date(removeAt).toISOString();
    const why = because === 'unused' ? `nobody has used it for almost ${formatDuration(removeAfterMs)}` : 'its time is over then';
    await this.#ports.store.instances.warn(id, { at: this.#ports.clock.now(), because }, {
      type: 'instance.removal-warned',
      message: `It will be removed at ${when}, ${afterFinalBackup(instance)}: ${why}. ${because === 'unused' ? 'Connect to it, or change removeAfter, to keep it.' : 'Change ttl to keep it.'}`,
      data: { removeAt: when, because, backup: keepsNothing(instance) === null },
    });
  }

  async #unwarn({ id }: PolicySubject): Promise<void> {
    await this.#ports.store.instances.warn(id, null, { type: 'instance.removal-averted', message: 'It is in use again, or kept longer now: it is not removed.', data: {} });
  }

  /** Looks again right before: what was used since the first look stays. */
  async #remove(subject: PolicySubject, because: 'unused' | 'expired'): Promise<void> {
    const { store, clock, log } = this.#ports;
    const instance = await store.instances.get(subject.id);
    if (instance === null) return;
    const [fresh] = await store.instances.policySubjects(GATEWAY_ALIVE_MS, subject.id);
    if (fresh === undefined || decide(fresh, clock.now(), this.#upSince)?.do !== 'remove') return;
    if (keepsNothing(instance) === null) {
      const usage = await store.backups.usage(instance.ownerId);
      if (!hasRoom(usage)) return this.#postpone(instance, because, noRoomFor(usage).message);
    }
    const why = because === 'unused' ? `Nobody has used it for ${formatDuration(subject.removeAfterMs)}` : 'Its time is over';
    const removed = await this.#change(instance, { action: 'instance.delete', detail: { because } }, { desired: 'deleted', finalBackup: true }, {
      onlyIfGeneration: instance.spec.generation,
      event: { type: 'instance.delete-requested', message: `${why}: it is removed, ${afterFinalBackup(instance)}.`, data: { by: 'policy', because, backup: keepsNothing(instance) === null } },
    });
    if (removed) log.info({ instance: subject.id, because }, 'a policy removes an instance');
  }

  /** Nobody asked for this removal: what cannot be backed up stays usable. Warned of anew, so that this is told once in the time of a warning. */
  async #postpone({ id }: Instance, because: 'unused' | 'expired', why: string): Promise<void> {
    await this.#ports.store.instances.warn(id, { at: this.#ports.clock.now(), because }, {
      type: 'instance.removal-postponed', message: `Its time is over, but it stays, as it cannot be backed up: ${why} Delete older backups, or delete it without one.`, data: { because },
    });
  }

  /** Written down before it is done. @returns false: changed by somebody at the last moment, so it was left alone */
  async #change(instance: Instance, { action, detail }: { action: string; detail: Record<string, unknown> }, change: SpecChange & { desired: Desired }, options: ChangeOptions): Promise<boolean> {
    const { audit, instances } = this.#ports.store;
    const { outcome: _outcome, code: _code, ...entry } = systemEntry(action, { subject: instance.slug, instanceId: instance.id, ownerId: instance.ownerId }, detail);
    const id = await audit.begin(entry);
    const { spec } = await instances.change(instance.id, change, { ...options, isUse: false });
    if (spec.desired !== change.desired) {
      await audit.finish(id, { outcome: 'refused', code: 'conflict' });
      return false;
    }
    this.#ports.changed(instance.id);
    await audit.finish(id, { outcome: 'ok', code: null });
    return true;
  }
}
