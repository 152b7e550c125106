/** Access tokens as the embedded issuer makes them, and as it never would. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { importJWK, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import type { SecretBox } from '../../src/domain/ports/secret-box.ts';
import type { Store } from '../../src/domain/ports/store.ts';
import { IssuerKeys, publicKey } from '../../src/issuer/keys.ts';
import { noteSecret } from './secrets.ts';

export interface TokenMaker {
  readonly issuer: string;
  /** A good one, but for what is given. `key`: signs with one of its own under the issuer's name of a key. */
  make(subject: string, change?: { claims?: JWTPayload; typ?: string; key?: 'foreign'; secondsFromNow?: number }): Promise<string>;
  /** `alg`: none */
  unsigned(subject: string): string;
  /** HS256, with the text of the public key as the secret. */
  confused(subject: string): Promise<string>;
}

/** @param box of the home that the store belongs to */
export function tokenMaker(store: Store, box: SecretBox, issuer: string): TokenMaker {
  const keys = new IssuerKeys(store.settings, box, () => Date.now());
  const payload = (subject: string, claims: JWTPayload = {}, secondsFromNow = 600): JWTPayload => {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: issuer, aud: 'dbmaker-api', sub: subject, scope: 'dbmaker', client_id: 'dbmaker-console', jti: randomUUID(), roles: subject.startsWith('admin') ? ['admin'] : [],
      iat: Math.min(now, now + secondsFromNow) - 1, auth_time: Date.now() / 1000, exp: now + secondsFromNow, ...claims,
    };
  };
  const noted = (token: string): string => {
    noteSecret('API token', token);
    return token;
  };
  return {
    issuer,
    async make(subject, { claims, typ = 'at+jwt', key, secondsFromNow } = {}) {
      const [newest] = await keys.current();
      if (newest === undefined) throw new Error('no key');
      const signing = key === 'foreign' ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey : await importJWK(newest.jwk, 'RS256');
      return noted(await new SignJWT(payload(subject, claims, secondsFromNow)).setProtectedHeader({ alg: 'RS256', typ, kid: newest.kid }).sign(signing));
    },
    unsigned: (subject) => new UnsecuredJWT(payload(subject)).encode(),
    async confused(subject) {
      const [newest] = await keys.current();
      if (newest === undefined) throw new Error('no key');
      const secret = new TextEncoder().encode(JSON.stringify(publicKey(newest)));
      return new SignJWT(payload(subject)).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: newest.kid }).sign(secret);
    },
  };
}
