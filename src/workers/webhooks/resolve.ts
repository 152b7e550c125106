import { Resolver, lookup } from 'node:dns/promises';

/** All addresses of a name. @throws Error when there is none, or nobody says */
export type Resolve = (name: string) => Promise<readonly string[]>;

/**
 * The system's own look-up takes one of the few threads that all of the process reads files with, for as long as somebody's name server
 * likes. So DNS is asked directly, and only a name that it does not know (of /etc/hosts, a search domain, ...) is looked up so, this many at once.
 */
const SYSTEM_LOOKUPS = 2;
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA', 'NOTFOUND', 'NODATA']);

/** @param servers `address:port`; default: those of the system. Each is waited for `timeoutMs`, and then asked once more */
export function createResolve(servers?: readonly string[], timeoutMs = 2000): Resolve {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  const places = new Places(SYSTEM_LOOKUPS);
  return async (name) => {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    const unsaid = answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as NodeJS.ErrnoException) : null)).find((error) => !UNKNOWN.has(error?.code ?? ''));
    if (unsaid) throw unsaid;
    return places.take(async () => (await lookup(name, { all: true })).map(({ address }) => address));
  };
}

/** So many at once; the others wait for their turn. */
class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift(); // gets our place
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
