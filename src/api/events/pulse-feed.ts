import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { PulseBeat, Store } from '../../domain/ports/store.ts';
import type { Listener } from './fresh-event.ts';

const EVERY_MS = 60_000;
/** So far back it is looked each time: whatever a worker took to write is met at the next look. What was told at the last one is not told again. */
const BACK_MS = 2.5 * EVERY_MS;
const SHARES_AT_ONCE = 400;

export interface PulseListener {
  readonly listener: Listener;
  /** `at`: begin of a half hour; bytes in it so far, by instance. Must not throw. */
  readonly tell: (at: number, items: Readonly<Record<string, number>>) => void;
}

export interface PulseFeedOptions {
  readonly store: { readonly pulses: Pick<Store['pulses'], 'beats'>; readonly shares: Pick<Store['shares'], 'of'> };
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells all open streams where something is going on: one read a minute for all of them together, none while nobody listens. */
export class PulseFeed {
  readonly #options: PulseFeedOptions;
  readonly #listeners = new Set<PulseListener>();
  #told = new Map<string, string>();
  #cancel: () => void = () => undefined;
  #looks = 0;

  constructor(options: PulseFeedOptions) {
    this.#options = options;
  }

  /** How often the store was asked. */
  get looks(): number {
    return this.#looks;
  }

  /** @returns leaves */
  join(listener: PulseListener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#schedule();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#cancel();
    this.#listeners.clear();
    this.#told.clear();
  }

  #schedule(): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { store, clock, log } = this.#options;
    this.#looks += 1;
    try {
      const beats = await store.pulses.beats(clock.now() - BACK_MS);
      const seen = new Map(beats.map((beat) => [beat.instanceId, `${String(beat.at)} ${String(beat.bytes)}`]));
      const news = beats.filter(({ instanceId }) => this.#told.get(instanceId) !== seen.get(instanceId));
      this.#tell(news, await this.#usersOf(news));
      this.#told = seen;
    } catch (error) {
      log.debug({ err: error }, 'where something is going on could not be read; it is told later');
    }
    if (this.#listeners.size > 0) this.#schedule();
  }

  /** Who sees each of them: its owner, and with whom it is shared by now. */
  async #usersOf(beats: readonly PulseBeat[]): Promise<(beat: PulseBeat) => string[]> {
    const shares = new Map<string, ReadonlyMap<string, unknown>>();
    for (let start = 0; start < beats.length; start += SHARES_AT_ONCE) {
      for (const [id, users] of await this.#options.store.shares.of(beats.slice(start, start + SHARES_AT_ONCE).map(({ instanceId }) => instanceId))) shares.set(id, users);
    }
    return ({ instanceId, ownerId }) => [ownerId, ...(shares.get(instanceId)?.keys() ?? [])];
  }

  #tell(beats: readonly PulseBeat[], usersOf: (beat: PulseBeat) => string[]): void {
    for (const [at, ofStep] of Map.groupBy(beats, (beat) => beat.at)) {
      const everybodys: Record<string, number> = {};
      const byUser = new Map<string, Record<string, number>>();
      for (const beat of ofStep) {
        everybodys[beat.instanceId] = beat.bytes;
        for (const user of usersOf(beat)) byUser.set(user, Object.assign(byUser.get(user) ?? {}, { [beat.instanceId]: beat.bytes }));
      }
      for (const { listener, tell } of this.#listeners) {
        const items = listener.all ? everybodys : byUser.get(listener.userId);
        if (items !== undefined) tell(at, items);
      }
    }
  }
}
