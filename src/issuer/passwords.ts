import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { DbmakerError } from '../domain/errors.ts';

/** As OWASP recommends for argon2id: memory in KiB, passes, lanes. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const TAG_BYTES = 32;
const SALT_BYTES = 16;
export const SHORTEST = 12;
const LONGEST = 256;
/** Each takes 19 MiB and a thread of the pool that also serves the disk. */
const AT_ONCE = 2;
const WAITING = 30;

const derive = promisify(argon2);

/**
 * Hashes of passwords: argon2id, as `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>` (base64 without padding). So many at once, some more wait, the
 * rest is refused: whoever floods the login page costs neither memory nor all of the processor.
 */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws rate_limited */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return format(COST, salt, await this.#derive(password, salt, COST, TAG_BYTES));
  }

  /** `hash` null: there is no such account, which takes the same time. @throws rate_limited */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const known = hash === null ? null : parse(hash);
    if (known === null) {
      await this.#derive(password, randomBytes(SALT_BYTES), COST, TAG_BYTES);
      return false;
    }
    const tag = await this.#derive(password, known.salt, known.cost, known.tag.length);
    return timingSafeEqual(tag, known.tag);
  }

  async #derive(password: string, nonce: Buffer, cost: typeof COST, tagLength: number): Promise<Buffer> {
    // Longer ones are nobody's; cut off here because the shortest way to say "wrong" must not be another one.
    const message = Buffer.from(password.slice(0, LONGEST * 2).normalize('NFC'));
    await this.#turn();
    try {
      return await derive('argon2id', { message, nonce, ...cost, tagLength });
    } catch (cause) {
      throw new DbmakerError('internal', 'The password could not be checked.', { cause });
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < AT_ONCE) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= WAITING) throw new DbmakerError('rate_limited', 'Too many people are signing in at this moment.', { retryAfterMs: 2000, remedy: 'Try again in a moment.' });
    await new Promise<void>((resolve) => this.#waiting.push(resolve)); // takes over the place of the one that ends
  }
}

const text = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

function format(cost: typeof COST, salt: Buffer, tag: Buffer): string {
  return `$argon2id$v=19$m=${String(cost.memory)},t=${String(cost.passes)},p=${String(cost.parallelism)}$${text(salt)}$${text(tag)}`;
}

function parse(hash: string): { cost: typeof COST; salt: Buffer; tag: Buffer } | null {
  const found = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash);
  if (found === null) return null;
  const [, memory, passes, parallelism, salt = '', tag = ''] = found;
  return { cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

/** Text of what is wrong with a new password, or null. Length is what counts; which characters is up to the person. */
export function passwordProblem(next: string, others: { username: string; current?: string }): string | null {
  if (next.length < SHORTEST) return `must have at least ${String(SHORTEST)} characters`;
  if (next.length > LONGEST) return `must have at most ${String(LONGEST)} characters`;
  if (next === others.current) return 'must be another one than before';
  if (new Set(next.toLowerCase()).size < 5 || next.toLowerCase() === others.username.toLowerCase().repeat(Math.max(1, Math.round(next.length / others.username.length)))) return 'is too easy to guess';
  return null;
}

/** No characters that look alike: it is read from a screen and typed. */
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789';

/** 20 characters in groups of five, 99 bits. */
export function oneTimePassword(): string {
  const group = (): string => Array.from({ length: 5 }, () => READABLE.charAt(randomInt(READABLE.length))).join('');
  return [group(), group(), group(), group()].join('-');
}
