import type { DbmakerError, ErrorCode } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';

const WINDOW_MS = 60_000;
/** Of one kind, in a window. */
const TOLD_AT_ONCE = 20;

export interface Refused {
  readonly source: string;
  readonly servername: string | null;
  readonly protocol: string;
}

/**
 * Tells the log of connections that were not served: one by one while they are few, then by their number, or a stranger who connects all day would
 * fill the disk. What a client sent is not repeated beyond its server name: people swap the username and the password.
 */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #told = new Map<ErrorCode, { count: number; since: number }>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  tell(error: DbmakerError, about: Refused): void {
    if (error.code === 'cancelled') return this.#log.debug(about, 'a client left before it was served');
    const told = this.#window(error.code);
    told.count += 1;
    if (told.count > TOLD_AT_ONCE) return;
    const why = error.cause === undefined ? { code: error.code, reason: error.code === 'not_found' ? undefined : error.userText } : { err: error };
    this.#log.info({ ...about, ...why }, told.count === TOLD_AT_ONCE ? 'a connection was not served; more of this kind are counted only, for a minute' : 'a connection was not served');
  }

  #window(code: ErrorCode): { count: number } {
    const now = this.#clock.now();
    const known = this.#told.get(code);
    if (known !== undefined && now - known.since < WINDOW_MS) return known;
    if (known !== undefined && known.count > TOLD_AT_ONCE) this.#log.info({ code, count: known.count - TOLD_AT_ONCE }, 'more connections of this kind were not served');
    const made = { count: 0, since: now };
    this.#told.set(code, made);
    return made;
  }
}
