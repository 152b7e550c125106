import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { DbmakerError } from '../domain/errors.ts';
import type { PublicKey } from '../domain/ports/issuer.ts';
import type { SecretBox } from '../domain/ports/secret-box.ts';
import type { SettingRepository } from '../domain/ports/store.ts';

/** A signing key is used for so long, milliseconds. */
export const KEY_LIFE_MS = 90 * 86_400_000;

export interface SigningKey {
  readonly kid: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The private one. */
  readonly jwk: JWK;
}

const settingOf = (number: number): string => `issuer-signing-key:${String(number)}`;

/**
 * The issuer's keys in the store, sealed. They are numbered: several processes that want to make the same number agree on one of theirs.
 */
export class IssuerKeys {
  readonly #settings: SettingRepository;
  readonly #box: SecretBox;
  readonly #now: () => number;
  /** Where to begin to look: lower ones have successors. */
  #newest = 1;

  constructor(settings: SettingRepository, box: SecretBox, now: () => number) {
    this.#settings = settings;
    this.#box = box;
    this.#now = now;
  }

  /** The one to sign with first, then the one before it, which may still be in use elsewhere. Makes one when there is none or the newest is old. */
  async current(): Promise<readonly SigningKey[]> {
    let newest = await this.#read(this.#newest);
    for (let next = newest && (await this.#read(this.#newest + 1)); next !== null; next = await this.#read(this.#newest + 1)) {
      newest = next;
      this.#newest += 1;
    }
    if (newest !== null && this.#now() - newest.createdAt < KEY_LIFE_MS) {
      const before = this.#newest === 1 ? null : await this.#read(this.#newest - 1);
      return before === null ? [newest] : [newest, before];
    }
    const number = newest === null ? 1 : this.#newest + 1;
    const made = await this.#make(number);
    this.#newest = number;
    return newest === null ? [made] : [made, newest];
  }

  /** The keys that sign cookies. */
  async cookieKey(): Promise<string> {
    const setting = 'issuer-cookie-key';
    return this.#box.open(await this.#settings.putIfAbsent(setting, this.#box.seal(randomBytes(32).toString('base64url'), `settings:${setting}`)), `settings:${setting}`);
  }

  async #read(number: number): Promise<SigningKey | null> {
    const sealed = await this.#settings.get(settingOf(number));
    return sealed === null ? null : this.#open(sealed, number);
  }

  #open(sealed: string, number: number): SigningKey {
    return JSON.parse(this.#box.open(sealed, `settings:${settingOf(number)}`)) as SigningKey;
  }

  async #make(number: number): Promise<SigningKey> {
    try {
      const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
      const jwk = await exportJWK(privateKey);
      const kid = await calculateJwkThumbprint(jwk);
      const key: SigningKey = { kid, createdAt: this.#now(), jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } };
      return this.#open(await this.#settings.putIfAbsent(settingOf(number), this.#box.seal(JSON.stringify(key), `settings:${settingOf(number)}`)), number);
    } catch (error) {
      if (error instanceof DbmakerError) throw error;
      throw new DbmakerError('internal', 'No key to sign with could be made.', { cause: error });
    }
  }
}

/** What others may know of it. */
export function publicKey({ jwk: { kty, n, e, kid, alg, use } }: SigningKey): PublicKey {
  return { kty, n, e, kid, alg, use };
}
