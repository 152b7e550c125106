import { createHash } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { KeyRing } from './key-ring.ts';

/** What an access token that was found good says. */
export interface Claims {
  readonly issuer: string;
  readonly subject: string;
  /** SHA-256, hex, of what is signed of the token. */
  readonly hash: string;
  /** Session of the issuer in which it was given out, where it says so. */
  readonly sid: string | null;
  readonly email: string | null;
  readonly name: string | null;
  /** How the issuer calls the person: an email address or a username. */
  readonly preferredUsername: string | null;
  readonly roles: readonly string[];
  /** Of the claim `auth_time`: when they showed their password. Milliseconds since 1970, all three. */
  readonly authenticatedAt: number | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface TokenRules {
  /** `iss`. @throws issuer_unavailable when it is not known yet */
  readonly issuer: () => Promise<string>;
  readonly audiences: readonly string[];
  /** Values of the header `typ`, in lower case. */
  readonly types: readonly string[];
  /** The token has to be for this scope: an id token, which may have the same audience, has none, and neither has one that is nobody's. */
  readonly scope: string;
  readonly keys: KeyRing;
  readonly clock: Clock;
}

const SKEW_SECONDS = 60;
const LONGEST = 8192;
const AGAIN = 'Sign in again.';

/** Whether a bearer looks like one: three parts of base64url. */
export const isAccessToken = (bearer: string): boolean => bearer.length <= LONGEST && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(bearer);

/** @throws unauthenticated (in words), token_expired, issuer_unavailable */
export async function verifyAccessToken(token: string, { issuer, audiences, types, scope, keys, clock }: TokenRules): Promise<Claims> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
      issuer: await issuer(), audience: [...audiences], algorithms: ['RS256'], clockTolerance: SKEW_SECONDS, requiredClaims: ['exp', 'sub', 'iat'], currentDate: new Date(clock.now()),
    });
    if (!types.includes((protectedHeader.typ ?? '').toLowerCase().replace(/^application\//, ''))) throw refused('This is no access token.');
    if (!scopesOf(payload).includes(scope)) throw refused('This access token is not for DbMaker: it does not have its scope.');
    return claimsOf(token, payload);
  } catch (error) {
    throw isDbmakerError(error) ? error : inWords(error);
  }
}

const refused = (text: string, cause?: unknown): DbmakerError => new DbmakerError('unauthenticated', text, { cause, remedy: AGAIN });

function inWords(error: unknown): DbmakerError {
  if (error instanceof errors.JWTExpired) return new DbmakerError('token_expired', 'Your sign-in has expired.', { cause: error, remedy: AGAIN });
  if (error instanceof errors.JWTClaimValidationFailed) {
    const said: Record<string, string> = { iss: 'This access token is of another issuer.', aud: 'This access token is made for something else than DbMaker.', nbf: 'This access token is not good yet: the clocks are apart.' };
    return refused(said[error.claim] ?? 'This access token is not complete.', error);
  }
  if (error instanceof errors.JWKSNoMatchingKey) return refused('This access token is signed with a key that its issuer does not have.', error);
  if (error instanceof errors.JWSSignatureVerificationFailed) return refused('The signature of this access token is not right.', error);
  return refused('This access token is not valid.', error);
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** `scp` is Entra's, `scope` that of RFC 9068. */
function scopesOf({ scp, scope }: JWTPayload): string[] {
  return [scp, scope].flatMap((value) => (typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value.map(String) : []));
}

function claimsOf(token: string, payload: JWTPayload): Claims {
  const subject = text(payload.sub);
  if (subject === null) throw refused('This access token does not say whose it is.');
  return {
    issuer: payload.iss ?? '',
    subject,
    // Without the signature: its last letter can be written in sixteen ways, and each would be a token that nobody has ended.
    hash: createHash('sha256').update(token.slice(0, token.lastIndexOf('.'))).digest('hex'),
    sid: text(payload['sid']),
    email: text(payload['email']),
    name: text(payload['name']),
    preferredUsername: text(payload['preferred_username']) ?? text(payload['upn']),
    roles: Array.isArray(payload['roles']) ? payload['roles'].filter((role) => typeof role === 'string') : [],
    authenticatedAt: typeof payload['auth_time'] === 'number' ? Math.round(payload['auth_time'] * 1000) : null,
    issuedAt: (payload.iat ?? 0) * 1000,
    expiresAt: (payload.exp ?? 0) * 1000,
  };
}
