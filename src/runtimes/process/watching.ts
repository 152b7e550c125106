import { asDbmakerError } from '../../domain/errors.ts';
import type { Context } from './context.ts';
import { pathsOf } from './context.ts';
import { cutLog } from './log-file.ts';
import { knownIds } from './observing.ts';
import { isAlive, lastRun } from './processes.ts';
import { aliveStatus } from './proc.ts';
import type { ProcessIdentity } from './proc.ts';

interface Handlers {
  readonly onChange: (id: string) => void;
  readonly onResync: () => void;
}

/** How often running processes are looked at: one read in /proc each. Milliseconds. */
const LOOK_MS = 300;
/** Every so many looks the directories are read too (another server's work) and logs are cut. */
const LOOKS_PER_ROUND = 20;

/**
 * Tells of changes. Engines that this server started tell by themselves when they end; those of a server before us are nobody's
 * children that we could wait for, so they are looked at; and so is whether one was stopped by a signal.
 */
export class Watcher {
  readonly #context: () => Context;
  readonly #handlers = new Set<Handlers>();
  readonly #running = new Map<string, { identity: ProcessIdentity; stopped: boolean }>();
  #looks = 0;
  #active = false;

  constructor(context: () => Context) {
    this.#context = context;
  }

  add(handlers: Handlers, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#handlers.add(handlers);
    signal.addEventListener('abort', () => this.#handlers.delete(handlers), { once: true });
    if (this.#active) {
      handlers.onResync();
      return;
    }
    this.#active = true;
    this.#looks = 0;
    this.#next(0);
  }

  /** Hints at a change that this server made or saw. */
  changed(id: string): void {
    for (const { onChange } of this.#handlers) onChange(id);
    if (this.#active) void this.#learn(id);
  }

  #next(ms: number): void {
    this.#context().clock.after(ms, () => {
      if (this.#handlers.size === 0) {
        this.#active = false;
        this.#running.clear();
        return;
      }
      void this.#look().finally(() => this.#next(LOOK_MS));
    });
  }

  async #look(): Promise<void> {
    try {
      const first = this.#looks === 0;
      if (this.#looks++ % LOOKS_PER_ROUND === 0) await this.#round();
      if (first) for (const { onResync } of this.#handlers) onResync();
    } catch (error) {
      // The next round tries again; until then what is known is still watched.
      this.#context().log.warn({ err: asDbmakerError(error, 'runtime_failed', 'instances cannot be listed') }, 'instances cannot be listed');
    }
    for (const [id, known] of this.#running) {
      const status = aliveStatus(known.identity);
      const stopped = status?.state === 'T';
      if (status !== null && stopped === known.stopped) continue;
      if (status === null) this.#running.delete(id);
      else known.stopped = stopped;
      this.#tell(id);
    }
  }

  async #round(): Promise<void> {
    const context = this.#context();
    for (const id of await knownIds(context)) {
      const before = this.#running.get(id);
      await this.#learn(id);
      if (before === undefined && this.#running.has(id) && this.#looks > 1) this.#tell(id); // another server started it
      if (this.#running.has(id)) await this.#cut(id);
    }
  }

  /** One log that cannot be cut keeps no other from it. */
  async #cut(id: string): Promise<void> {
    const { log } = this.#context();
    try {
      if (await cutLog(pathsOf(this.#context(), id))) log.debug({ instance: id }, 'log cut');
    } catch (error) {
      log.warn({ instance: id, err: error }, 'the log of an instance cannot be cut; the next round tries again');
    }
  }

  async #learn(id: string): Promise<void> {
    try {
      const run = await lastRun(pathsOf(this.#context(), id));
      if (isAlive(run)) this.#running.set(id, { identity: run.identity, stopped: run.status.state === 'T' });
    } catch (error) {
      this.#context().log.debug({ instance: id, err: error }, 'process record not readable'); // removed just now; the next round looks again
    }
  }

  #tell(id: string): void {
    for (const { onChange } of this.#handlers) onChange(id);
  }
}
