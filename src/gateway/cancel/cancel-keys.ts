import { randomBytes, randomInt } from 'node:crypto';
import { MAX_GATEWAYS } from '../../domain/gateway/number.ts';
import type { Endpoint } from '../../domain/endpoint.ts';

/**
 * PostgreSQL cancels a query by a second connection that names the session by process id and key; most clients open it without TLS and
 * without any name, so it cannot be routed. So clients get an id and a key of ours, and we remember whose they are. An id is a positive
 * 31-bit number: gateway process (7 bits), then random; with a random key of at least 32 bits beside it nobody guesses another's.
 */
export interface Backend {
  readonly endpoint: Endpoint;
  readonly instanceId: string;
  readonly processId: number;
  readonly key: Buffer;
}

const RANDOM_BITS = 24;
/** Of protocol 3.2, where the server's own is longer than the 4 bytes that 3.0 has room for. */
const LONG_KEY_BYTES = 32;
const SHORT_KEY_BYTES = 4;

/** Which gateway process gave out this id. */
export const gatewayOf = (processId: number): number => (processId >>> RANDOM_BITS) & (MAX_GATEWAYS - 1);

export class CancelKeys {
  readonly #gateway: number;
  readonly #backends = new Map<string, Backend>();

  constructor(gateway: number) {
    this.#gateway = gateway;
  }

  /** @returns what to tell the client instead, and how to forget it */
  add(backend: Backend): { processId: number; key: Buffer; remove: () => void } {
    for (;;) {
      const processId = (this.#gateway << RANDOM_BITS) | randomInt(1, 1 << RANDOM_BITS);
      const key = randomBytes(backend.key.length > SHORT_KEY_BYTES ? LONG_KEY_BYTES : SHORT_KEY_BYTES);
      const name = nameOf(processId, key);
      if (this.#backends.has(name)) continue;
      this.#backends.set(name, backend);
      return { processId, key, remove: () => void this.#backends.delete(name) };
    }
  }

  find(processId: number, key: Buffer): Backend | null {
    return this.#backends.get(nameOf(processId, key)) ?? null;
  }
}

const nameOf = (processId: number, key: Buffer): string => `${String(processId)} ${key.toString('hex')}`;
