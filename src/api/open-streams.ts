import type { FastifyReply } from 'fastify';
import { DbmakerError } from '../domain/errors.ts';
import { onAnswerEnd } from './answer-end.ts';

/** Counts the streams that each user has open. */
export class OpenStreams {
  readonly #most: number;
  readonly #open = new Map<string, number>();
  readonly #what: string;

  /** `what`: in words, such as `logs`. */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  /** Counts one more until the answer has ended. @throws rate_limited when the user has as many as they may */
  take(userId: string, reply: FastifyReply): void {
    const open = this.#open.get(userId) ?? 0;
    if (open >= this.#most) {
      throw new DbmakerError('rate_limited', `You read ${String(open)} ${this.#what} at the same time already.`, { retryAfterMs: 1000, remedy: 'Close one first.' });
    }
    this.#open.set(userId, open + 1);
    onAnswerEnd(reply, () => { this.#giveBack(userId); });
  }

  #giveBack(userId: string): void {
    const left = (this.#open.get(userId) ?? 1) - 1;
    if (left > 0) this.#open.set(userId, left);
    else this.#open.delete(userId);
  }
}
