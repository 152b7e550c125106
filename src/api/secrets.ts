import { createHash, randomBytes, randomInt } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const LOWER = `${LETTERS}0123456789`;
const ALPHANUMERIC = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;

function pick(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** 12 characters [a-z0-9], starting with a letter. */
export function randomId(): string {
  return pick(LETTERS, 1) + pick(LOWER, 11);
}

/** End of a slug: 4 characters [a-z0-9]. */
export function randomSlugPart(): string {
  return pick(LOWER, 4);
}

/** 32 characters [A-Za-z0-9], 190 bits: needs no quoting in any connection string. */
export function randomPassword(): string {
  return pick(ALPHANUMERIC, 32);
}

/** A new API token (256 bits) and what of it is stored. */
export function newApiToken(): { secret: string; hash: string } {
  const secret = `dbm_${randomBytes(32).toString('base64url')}`;
  return { secret, hash: hashApiToken(secret) };
}

/** Whether `text` has the form of one. */
export function isApiToken(text: string): boolean {
  return /^dbm_[A-Za-z0-9_-]{43}$/.test(text);
}

/**
 * SHA-256, hex. Not a slow hash: the secret has 256 random bits, nothing can be guessed. Looking it up by its hash leaks no timing of the secret.
 */
export function hashApiToken(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
