import type { InstanceRoute } from '../../domain/instance/route.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { Remembered } from '../remembered.ts';

/** People say `postgres`; the type is called `postgresql`. */
const ALIAS_TYPES: Readonly<Record<string, string>> = { postgresql: 'postgres' };

/** No look at the store is under way for so long: none can still bring what it read before. */
const GONE_MS = 60 * 60_000;

type Listener = (route: InstanceRoute | null) => void;

/**
 * Every route that this gateway knows, in memory: what it serves from while the store, the api and the workers are away.
 * Only instances that are not being deleted are in it.
 */
export class RouteTable {
  readonly #byId = new Map<string, InstanceRoute>();
  readonly #bySlug = new Map<string, InstanceRoute>();
  /** `{username}-{type}` -> ids, of one owner as a rule. */
  readonly #byAlias = new Map<string, Set<string>>();
  readonly #gone: Remembered<true>;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #onAny: (id: string, route: InstanceRoute | null) => void;

  /** `onAny`: called after each change of any route; null: it is gone. */
  constructor(clock: Clock, onAny: (id: string, route: InstanceRoute | null) => void) {
    this.#gone = new Remembered(clock, GONE_MS);
    this.#onAny = onAny;
  }

  get(id: string): InstanceRoute | null {
    return this.#byId.get(id) ?? null;
  }

  all(): Iterable<InstanceRoute> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** By slug, or by the alias `{username}-{type}` (or `{username}-postgres`), which leads to that person's oldest instance of the type. */
  find(label: string): InstanceRoute | null {
    return this.#bySlug.get(label) ?? this.#first(this.#byAlias.get(label));
  }

  put(route: InstanceRoute): void {
    if (route.desired === 'deleted') return this.remove(route.id);
    if (this.#gone.get(route.id) === true) return; // read before it went: ids are never used again
    const before = this.#byId.get(route.id);
    if (before !== undefined && before.updatedAt > route.updatedAt) return; // an answer that was overtaken by a newer one
    if (before === undefined) this.#index(route);
    this.#byId.set(route.id, route);
    this.#bySlug.set(route.slug, route);
    this.#tell(route.id, route);
  }

  remove(id: string): void {
    this.#gone.set(id, true);
    const route = this.#byId.get(id);
    if (route === undefined) return;
    this.#byId.delete(id);
    this.#bySlug.delete(route.slug);
    for (const alias of aliases(route)) {
      const ids = this.#byAlias.get(alias);
      ids?.delete(id);
      if (ids?.size === 0) this.#byAlias.delete(alias);
    }
    this.#tell(id, null);
  }

  /** Calls back after each change of this route (null: gone) until the returned function is called. */
  onChange(id: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  #index(route: InstanceRoute): void {
    for (const alias of aliases(route)) this.#byAlias.set(alias, (this.#byAlias.get(alias) ?? new Set()).add(route.id));
  }

  #first(ids: ReadonlySet<string> | undefined): InstanceRoute | null {
    const routes = [...(ids ?? [])].flatMap((id) => this.#byId.get(id) ?? []);
    const [first] = routes.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    // `ann` + `x-y` and `ann-x` + `y` read the same: a name that could be two people's is nobody's.
    return first !== undefined && routes.every(({ ownerName }) => ownerName === first.ownerName) ? first : null;
  }

  #tell(id: string, route: InstanceRoute | null): void {
    for (const listener of [...(this.#listeners.get(id) ?? [])]) listener(route);
    this.#onAny(id, route);
  }
}

function aliases({ ownerName, type }: InstanceRoute): string[] {
  const short = ALIAS_TYPES[type];
  return [`${ownerName}-${type}`, ...(short === undefined ? [] : [`${ownerName}-${short}`])];
}
