import { isDbmakerError } from '../../domain/errors.ts';
import { routeOf } from '../../domain/instance/route.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { RouteTable } from './route-table.ts';

/** Rows are stamped before they are committed: those of a slow transaction, or of a clock that is a little behind, are asked for again. */
const OVERLAP_MS = 5000;
const EVENTS_AT_ONCE = 500;

export interface RouteFeedOptions {
  readonly store: Pick<Store, 'instances' | 'events'>;
  readonly table: RouteTable;
  readonly clock: Clock;
  readonly log: Log;
  /** How often the store is asked what changed; hints within the process are faster. */
  readonly pollMs: number;
  /** How often all routes are compared, in case that something was missed. */
  readonly refreshMs: number;
}

/**
 * Keeps the table of routes like the store: everything at the start and now and then, what changed in between, and single ones on a hint.
 * While the store is away the table stays as it is.
 */
export class RouteFeed {
  readonly #options: RouteFeedOptions;
  #cancel: () => void = () => undefined;
  #stopped = false;
  #changedSince = 0;
  #lastEvent = 0;
  #nextRefreshAt = 0;
  #away = false;

  constructor(options: RouteFeedOptions) {
    this.#options = options;
  }

  /** Loads everything once, then goes on by itself. Resolves also when the store is away: it is tried again. */
  async start(): Promise<void> {
    await this.#turn();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Brings one route up to date. @throws DbmakerError store_unavailable, ... */
  async update(id: string): Promise<void> {
    const instance = await this.#options.store.instances.get(id);
    if (instance === null) this.#options.table.remove(id);
    else this.#options.table.put(routeOf(instance));
  }

  async #turn(): Promise<void> {
    const { clock, log, pollMs, refreshMs } = this.#options;
    try {
      if (clock.now() >= this.#nextRefreshAt) {
        await this.#loadAll();
        this.#nextRefreshAt = clock.now() + refreshMs;
      } else {
        await this.#loadChanges();
      }
      if (this.#away) log.info({ routes: this.#options.table.size }, 'the store is back: routes are up to date');
      this.#away = false;
    } catch (error) {
      if (!this.#away) log[isDbmakerError(error) ? 'warn' : 'error']({ err: error }, 'routes cannot be read; known ones are served on');
      this.#away = true;
    } finally {
      if (!this.#stopped) this.#cancel = clock.after(pollMs, () => void this.#turn());
    }
  }

  async #loadAll(): Promise<void> {
    const { store, table, clock } = this.#options;
    const lastEvent = await store.events.lastId();
    const began = clock.now();
    const routes = await store.instances.routes();
    const known = new Set(routes.map(({ id }) => id));
    for (const route of table.all()) if (!known.has(route.id) && route.updatedAt < began) table.remove(route.id);
    for (const route of routes) table.put(route);
    this.#changedSince = Math.max(0, ...routes.map(({ updatedAt }) => updatedAt));
    this.#lastEvent = lastEvent;
  }

  async #loadChanges(): Promise<void> {
    const { store, table } = this.#options;
    const changed = await store.instances.routes({ changedSince: Math.max(0, this.#changedSince - OVERLAP_MS) });
    for (const route of changed) {
      table.put(route);
      this.#changedSince = Math.max(this.#changedSince, route.updatedAt);
    }
    const deleted = await store.events.list({ type: 'instance.deleted' }, { after: this.#lastEvent, limit: EVENTS_AT_ONCE });
    for (const event of deleted) {
      table.remove(event.instanceId);
      this.#lastEvent = Math.max(this.#lastEvent, event.id);
    }
  }
}
