import type { GatewayUse } from '../domain/gateway/activity.ts';
import { pause } from '../domain/pause.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import type { ActivityRepository } from '../domain/ports/store.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Counted } from './pipe/piped.ts';

/** A connection that opens or ends is told this soon: who decides whether an instance may sleep should not have to wait. */
const SOON_MS = 200;
const LAST_WORDS_MS = 5000;

interface Use {
  slug: string;
  /** Connections to the instance that are open or being opened. */
  open: number;
  /** Those that are logged in. */
  sessions: Set<Session>;
  connections: number;
  bytesIn: number;
  bytesOut: number;
  lastUsedAt: number;
  /** Something to report. */
  changed: boolean;
  /** The instance is gone, its last connections are not. */
  forgotten: boolean;
}

interface Session {
  piped: Counted;
  toldIn: number;
  toldOut: number;
}

export interface ActivityOptions {
  readonly activity: ActivityRepository;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this gateway process. */
  readonly name: string;
  readonly reportMs: number;
}

/** Who uses what through this process: counted in memory, reported to the store now and then. */
export class ActivityLog {
  readonly #options: ActivityOptions;
  readonly #uses = new Map<string, Use>();
  #cancel: () => void = () => undefined;
  #soon = false;
  #reporting: Promise<void> | undefined;
  #stopped = false;

  constructor(options: ActivityOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(this.#options.reportMs);
  }

  openOf(instanceId: string): number {
    return this.#uses.get(instanceId)?.open ?? 0;
  }

  /** A connection is being opened; it may still fail at the login, so this is no use yet. @returns to be called at its end, once */
  keepAwake(instanceId: string, slug: string): () => void {
    const use = this.#use(instanceId, slug);
    use.open += 1;
    this.#tellSoon(use);
    return () => {
      use.open -= 1;
      this.#tellSoon(use);
      if (use.forgotten) this.forget(instanceId);
    };
  }

  /** Somebody is logged in. @returns to be called at the end of the session, once */
  used(instanceId: string, slug: string, piped: Counted): () => void {
    const use = this.#use(instanceId, slug);
    const session: Session = { piped, toldIn: 0, toldOut: 0 };
    use.sessions.add(session);
    use.connections += 1;
    use.lastUsedAt = this.#options.clock.now();
    this.#tellSoon(use);
    return () => {
      this.#count(use, session);
      use.sessions.delete(session);
      use.lastUsedAt = this.#options.clock.now();
      this.#tellSoon(use);
      if (use.forgotten) this.forget(instanceId);
    };
  }

  /** The instance is gone: what is known of it goes with its last connection. */
  forget(instanceId: string): void {
    const use = this.#uses.get(instanceId);
    if (use === undefined) return;
    use.forgotten = true;
    if (use.open > 0 || use.sessions.size > 0) return;
    this.#uses.delete(instanceId);
    this.#options.metrics.forget(use.slug);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    // A store that does not answer must not hold up the end of the process.
    await Promise.race([this.#lastWords(), pause(this.#options.clock, LAST_WORDS_MS)]);
  }

  async #lastWords(): Promise<void> {
    await this.report(); // possibly one that was under way and does not know of the last things
    await this.report();
    try {
      await this.#options.activity.retire(this.#options.name);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'the end of this gateway was not told; its connections count until they are old');
    }
  }

  /** Never rejects: what could not be told is told the next time. */
  report(): Promise<void> {
    return (this.#reporting ??= this.#report().finally(() => { this.#reporting = undefined; }));
  }

  async #report(): Promise<void> {
    const { activity, clock, log, name } = this.#options;
    const told: [Use, GatewayUse][] = [];
    for (const [instanceId, use] of this.#uses) {
      for (const session of use.sessions) this.#count(use, session);
      if (!use.changed) continue; // what is open stays so in the store for as long as this process reports
      const { open, connections, bytesIn, bytesOut } = use;
      told.push([use, { instanceId, open, sessions: use.sessions.size, connections, bytesIn, bytesOut, lastUsedAt: use.sessions.size > 0 ? clock.now() : use.lastUsedAt }]);
      use.changed = false;
    }
    try {
      await activity.report(name, told.map(([, use]) => use));
      for (const [use, report] of told) {
        use.connections -= report.connections;
        use.bytesIn -= report.bytesIn;
        use.bytesOut -= report.bytesOut;
      }
    } catch (error) {
      for (const [use] of told) use.changed = true;
      log.debug({ err: error }, 'use was not reported; it is told later');
    }
  }

  #use(instanceId: string, slug: string): Use {
    const known = this.#uses.get(instanceId);
    if (known !== undefined) return known;
    const made: Use = { slug, open: 0, sessions: new Set(), connections: 0, bytesIn: 0, bytesOut: 0, lastUsedAt: 0, changed: false, forgotten: false };
    this.#uses.set(instanceId, made);
    return made;
  }

  #count(use: Use, session: Session): void {
    const { bytesIn, bytesOut } = session.piped;
    const [more, back] = [bytesIn - session.toldIn, bytesOut - session.toldOut];
    if (more === 0 && back === 0) return;
    [session.toldIn, session.toldOut] = [bytesIn, bytesOut];
    use.bytesIn += more;
    use.bytesOut += back;
    use.changed = true;
    this.#options.metrics.bytes.inc({ slug: use.slug, direction: 'in' }, more);
    this.#options.metrics.bytes.inc({ slug: use.slug, direction: 'out' }, back);
  }

  #tellSoon(use: Use): void {
    use.changed = true;
    if (this.#soon || this.#stopped) return;
    this.#soon = true;
    this.#schedule(SOON_MS);
  }

  #schedule(ms: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#soon = false;
      void this.report().then(() => {
        if (!this.#stopped && !this.#soon) this.#schedule(this.#options.reportMs);
      });
    });
  }
}
