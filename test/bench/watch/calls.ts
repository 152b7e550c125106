export interface Calls {
  /** Under way. */
  open: number;
  total: number;
}

/** The same object; of the methods of the objects that it holds it is counted how many are under way. Only for asynchronous ports. */
export function countCalls<T extends object>(target: T): [T, Calls] {
  const calls: Calls = { open: 0, total: 0 };
  const counted = new Map<PropertyKey, unknown>();
  const proxy = new Proxy(target, {
    get(object, property) {
      const value: unknown = Reflect.get(object, property, object);
      if (typeof value === 'function') return value.bind(object) as unknown;
      if (typeof value !== 'object' || value === null) return value;
      const known = counted.get(property) ?? countMethods(value, calls);
      counted.set(property, known);
      return known;
    },
  });
  return [proxy, calls];
}

function countMethods(target: object, calls: Calls): object {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(object, property) {
      const value: unknown = Reflect.get(object, property, object);
      if (typeof value !== 'function') return value;
      const known = methods.get(property) ?? ((...args: unknown[]): Promise<unknown> => {
        calls.open += 1;
        calls.total += 1;
        return (value as (...all: unknown[]) => Promise<unknown>).apply(object, args).finally(() => { calls.open -= 1; });
      });
      methods.set(property, known);
      return known;
    },
  });
}
