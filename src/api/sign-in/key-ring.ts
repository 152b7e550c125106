import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../domain/ports/clock.ts';
import { isDbmakerError } from '../../domain/errors.ts';
import type { PublicKey } from '../../domain/ports/issuer.ts';

/** After that, keys are asked for again: one that the issuer has taken back must not be good for ever. */
const STALE_MS = 10 * 60_000;

export interface KeyRingOptions {
  readonly clock: Clock;
  /** @throws issuer_unavailable */
  readonly load: () => Promise<readonly PublicKey[]>;
  /** Unknown keys make it ask again, but not more often than so, milliseconds: anybody can make up names of keys. */
  readonly cooldownMs: number;
}

/** The issuer's public keys, kept and renewed. One request at a time asks for them; while the issuer is away, those that are known are used. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  #keys: JWTVerifyGetKey | null = null;
  #askedAt = -Infinity;
  #asking: Promise<void> | null = null;

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** For jwtVerify. @throws issuer_unavailable; JWKSNoMatchingKey of jose */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const { clock, cooldownMs } = this.#options;
    const age = (): number => Math.abs(clock.now() - this.#askedAt); // a clock that was set back makes it old, too
    if (this.#keys === null) await this.#ask();
    else if (age() >= STALE_MS) await this.#ask().catch((error: unknown) => { if (!isDbmakerError(error)) throw error; });
    try {
      return await this.#known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age() < cooldownMs) throw error;
      await this.#ask();
      return this.#known(header, token);
    }
  };

  #known(...[header, token]: Parameters<JWTVerifyGetKey>): ReturnType<JWTVerifyGetKey> {
    if (this.#keys === null) throw new errors.JWKSNoMatchingKey();
    return this.#keys(header, token);
  }

  #ask(): Promise<void> {
    this.#asking ??= (async () => {
      this.#askedAt = this.#options.clock.now();
      this.#keys = createLocalJWKSet({ keys: [...(await this.#options.load())] as JSONWebKeySet['keys'] });
    })().finally(() => { this.#asking = null; });
    return this.#asking;
  }
}
