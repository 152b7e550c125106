import { systemEntry } from '../../domain/audit/entry.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Store } from '../../domain/ports/store.ts';
import { decide, type PolicyDecision, type PolicySubject } from '../../domain/policy/policy.ts';

const EVERY_MS = 10_000;
/** Between two looks; more is no delay on a busy machine any more. */
const GAP_MS = 15 * 60_000;
/** A gateway process that has not reported for so long is taken to be gone, and its connections with it. */
const GATEWAY_ALIVE_MS = 30_000;

export interface PolicyPorts {
  readonly store: Pick<Store, 'instances' | 'audit'>;
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

  async #sleep({ id }: PolicySubject, idleMs: number): Promise<void> {
    const idle = formatDuration(Math.floor(idleMs / 60_000) * 60_000);
    const changed = await this.#ports.store.instances.change(id, { desired: 'sleeping' }, {
      onlyIfDesired: ['running'], isUse: false, event: { type: 'instance.sleep-requested', message: `Nobody has used it for ${idle}: it is put to sleep.`, data: { by: 'policy' } },
    });
    if (changed.spec.desired === 'sleeping') this.#ports.changed(id);
  }

  async #warn({ id, removeAfterMs }: PolicySubject, { removeAt, because }: PolicyDecision & { do: 'warn' }): Promise<void> {
    const when = new Date(removeAt).toISOString();
    const why = because === 'unused' ? `nobody has used it for almost ${formatDuration(removeAfterMs)}` : 'its time is over then';
    await this.#ports.store.instances.warn(id, { at: this.#ports.clock.now(), because }, {
      type: 'instance.removal-warned',
      message: `It will be removed at ${when}, after a final backup: ${why}. ${because === 'unused' ? 'Connect to it, or change removeAfter, to keep it.' : 'Change ttl to keep it.'}`,
      data: { removeAt: when, because },
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
    const message = because === 'unused'
      ? `Nobody has used it for ${formatDuration(subject.removeAfterMs)}: it is removed, after a final backup.`
      : 'Its time is over: it is removed, after a final backup.';
    // Written down before it is done.
    const { outcome: _outcome, code: _code, ...entry } = systemEntry('instance.delete', { subject: instance.slug, instanceId: instance.id, ownerId: instance.ownerId }, { because });
    const audit = await store.audit.begin(entry);
    const changed = await store.instances.change(subject.id, { desired: 'deleted', finalBackup: true }, {
      onlyIfGeneration: instance.spec.generation, isUse: false, event: { type: 'instance.delete-requested', message, data: { by: 'policy', because, backup: true } },
    });
    if (changed.spec.desired !== 'deleted') { // changed by somebody at the last moment
      await store.audit.finish(audit, { outcome: 'refused', code: 'conflict' });
      return;
    }
    this.#ports.changed(subject.id);
    log.info({ instance: subject.id, because }, 'a policy removes an instance');
    await store.audit.finish(audit, { outcome: 'ok', code: null });
  }
}
