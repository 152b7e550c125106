import type { Log } from '../../domain/ports/log.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Caller } from '../caller.ts';
import { stillGood } from './still-good.ts';

/** How often it is looked whether what was shown is still good: a revoked token hears no more. Ended in this process it is looked at once. */
const RECHECK_MS = 60_000;
/** Of setTimeout. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export type EndReason = 'token_expired' | 'token_revoked';

type Needs = Parameters<typeof stillGood>[0] & { readonly clock: Clock; readonly log: Log };

export interface Watched {
  /** Called once, not before `watch` has returned, and not after it is no longer watched. */
  readonly end: (reason: EndReason) => void;
  /** Whether they may go on with it, as who they are by now. Default: yes. */
  readonly mayGoOn?: (caller: Caller) => boolean | Promise<boolean>;
}

/** Answers that go on for hours, and what their readers have shown: they end with it. */
export class OpenAnswers {
  readonly #needs: Needs;
  readonly #looks = new Map<string, Set<() => void>>();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** @returns stops watching */
  watch(caller: Caller, watched: Watched): () => void {
    const { clock } = this.#needs;
    const userId = caller.user.id;
    let over = false;
    let cancelRecheck = (): void => undefined;
    let cancelExpiry = (): void => undefined;
    const stop = (): void => {
      over = true;
      cancelRecheck();
      cancelExpiry();
      const looks = this.#looks.get(userId);
      looks?.delete(recheck);
      if (looks?.size === 0) this.#looks.delete(userId);
    };
    const expireAt = (time: number | null): void => {
      cancelExpiry();
      if (time !== null) cancelExpiry = clock.after(Math.max(0, Math.min(time - clock.now(), LONGEST_TIMER_MS)), () => void look('expired'));
    };
    const look = async (why: 'expired' | 'recheck'): Promise<void> => {
      const found = await this.#look(caller, watched, why);
      if (over) return;
      if (typeof found === 'string') {
        stop();
        return watched.end(found);
      }
      if (found !== undefined) expireAt(found.expiresAt);
      if (why === 'expired') return;
      cancelRecheck();
      cancelRecheck = clock.after(RECHECK_MS, recheck);
    };
    const recheck = (): void => void look('recheck');
    expireAt(caller.token.expiresAt);
    this.#looks.set(userId, (this.#looks.get(userId) ?? new Set()).add(recheck));
    recheck(); // what was ended since it was looked who they are, nobody has told this one
    return stop;
  }

  /** After something of a user was ended or taken away: does not wait for it. Answers of other processes end within a minute. */
  lookAgain(userId: string): void {
    for (const look of [...(this.#looks.get(userId) ?? [])]) look();
  }

  /** Why it has to end, until when it may go on, or undefined: not known, it is looked again. */
  async #look(caller: Caller, { mayGoOn = () => true }: Watched, why: 'expired' | 'recheck'): Promise<EndReason | { expiresAt: number | null } | undefined> {
    const { clock, log } = this.#needs;
    try {
      const found = await stillGood(this.#needs, caller);
      if (found === null || !(await mayGoOn(found.caller))) return 'token_revoked';
      return found.expiresAt !== null && found.expiresAt <= clock.now() ? 'token_expired' : found;
    } catch (error) {
      if (why === 'expired') return 'token_expired'; // as far as is known
      log.debug({ err: error }, 'it could not be looked whether the token of an open answer is still there; it is looked again');
      return undefined;
    }
  }
}
