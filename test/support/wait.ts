import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface WaitOptions {
  /** What is waited for, in words: `the row to be running`. */
  readonly what: string;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Between two looks. Default 25. */
  readonly intervalMs?: number;
  /** Told in the failure text: the last state, a log tail. */
  readonly explain?: () => string | Promise<string>;
}

type Falsy = undefined | null | false | 0 | '';

/**
 * Looks again and again until `read` gives something truthy, and returns that. An error thrown by `read` counts as "not yet".
 * @throws Error after `timeoutMs`, saying what was waited for and what was seen last
 */
export async function waitFor<T>(read: () => T | Promise<T>, options: WaitOptions): Promise<Exclude<Awaited<T>, Falsy>> {
  const { what, timeoutMs = 10_000, intervalMs = 25 } = options;
  const deadline = performance.now() + timeoutMs;
  let seen = '';
  let cause: unknown;
  do {
    try {
      const value = await read();
      if (value) return value as Exclude<Awaited<T>, Falsy>;
      cause = undefined;
      seen = `saw ${inspect(value)}`;
    } catch (error) {
      cause = error;
      seen = `got ${error instanceof Error ? `${error.name}: ${error.message}` : inspect(error)}`;
    }
    await pause(intervalMs);
  } while (performance.now() < deadline);
  const explanation = options.explain ? `\n${await options.explain()}` : '';
  throw new Error(`Waited ${timeoutMs} ms for ${what}; last ${seen}${explanation}`, { cause });
}
