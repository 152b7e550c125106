import type { Clock } from './ports/clock.ts';

/** A time limit for work that takes a signal. To be disposed of when the work is over: its timer and its listener end by that. */
export interface Deadline extends Disposable {
  /** Aborts when the time is over, or with the signal that was given. Never, once it was disposed of. */
  readonly signal: AbortSignal;
  /** Whether it was the time that aborted it. */
  readonly passed: boolean;
}

/**
 * As `AbortSignal.any([given, AbortSignal.timeout(ms)])`, by our clock, and with an end: those two leave timers and weak references behind, which
 * at thousands of connections a second is most of what they cost.
 */
export function deadline(clock: Clock, ms: number, given?: AbortSignal): Deadline {
  const ending = new AbortController();
  let passed = false;
  const cancel = clock.after(ms, () => {
    if (ending.signal.aborted) return;
    passed = true;
    ending.abort(new Error(`${String(ms)} ms are over`));
  });
  const onGiven = (): void => ending.abort(given?.reason);
  if (given?.aborted === true) onGiven();
  else given?.addEventListener('abort', onGiven);
  return {
    signal: ending.signal,
    get passed() { return passed; },
    [Symbol.dispose]() {
      cancel();
      given?.removeEventListener('abort', onGiven);
    },
  };
}
