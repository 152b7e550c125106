import { createHash } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** 12 characters [a-z0-9], starting with a letter; always the same for the same `seed`: lets a repeated request find what its first try made. */
export function derivedId(seed: string): string {
  const digest = createHash('sha256').update(seed).digest();
  const number = digest.readBigUInt64BE(0);
  const letter = LETTERS.charAt(digest.readUInt8(8) % LETTERS.length);
  return letter + number.toString(36).padStart(11, '0').slice(-11);
}

/** Id of a sign-in at the embedded issuer: the same for all tokens of one session of it. `uid`: how the session is called there, and in its tokens (`sid`). */
export const signInId = (uid: string): string => derivedId(`sign-in ${uid}`);
