/** A pretended `kill -9`: from the moment it strikes, nothing that goes through {@link killable} has an effect or an answer any more. */
export class Kill {
  #callsLeft: number;
  dead = false;

  /** @param callsLeft it strikes at this border (each call has two: before its effect and after it); Infinity: never */
  constructor(callsLeft: number) {
    this.#callsLeft = callsLeft;
  }

  /** Whether the caller is dead at this border. */
  strikes(): boolean {
    this.#callsLeft -= 1;
    if (this.#callsLeft < 0) this.dead = true;
    return this.dead;
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

/** The same object, all of whose methods (also those of the objects it holds) go through the kill. Only for asynchronous ports. */
export function killable<T extends object>(target: T, kill: Kill, plain: readonly string[] = []): T {
  return new Proxy(target, {
    get(object, property) {
      const value: unknown = Reflect.get(object, property, object);
      if (typeof property === 'symbol' || plain.includes(property)) return typeof value === 'function' ? (value.bind(object) as unknown) : value;
      if (typeof value === 'object' && value !== null) return killable(value, kill, plain);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        if (kill.strikes()) return never();
        const result: unknown = await (value as (...all: unknown[]) => unknown).apply(object, args);
        return kill.strikes() ? never() : result;
      };
    },
  });
}
